/** fork-faults: faults of layers that only forks of Caffe have, to be planted. */
import { mapped } from '../../src/verify/tensors.js';
import { after, conv, layer, STEM } from './fault-layers.js';
import type { Array32, Fault } from './planted.js';

const head = (settings: string) =>
  STEM +
  layer('perm', 'Permute', 'conv', `permute_param { ${settings} }`) +
  layer('fc', 'InnerProduct', 'perm', 'inner_product_param { num_output: 3 }');
const shuffled = (group: number) =>
  STEM + layer('shuffle', 'ShuffleChannel', 'conv', `shuffle_channel_param { group: ${group} }`) + after('shuffle');
const split = (dims: string) =>
  STEM +
  layer('split', 'Reshape', 'conv', `reshape_param { shape { dim: 1 ${dims} dim: -1 } }`) +
  layer('turn', 'Permute', 'split', 'permute_param { order: [0, 2, 1, 3] }') +
  layer('join', 'Reshape', 'turn', 'reshape_param { shape { dim: 1 dim: 6 dim: -1 dim: 1 } }') +
  after('join');
const norm = (settings: string) =>
  STEM + layer('norm', 'Normalize', 'conv', `norm_param { channel_shared: false ${settings} }`) + after('norm');
const priors = (settings: string) =>
  conv('conv', 'data', 'num_output: 6 kernel_size: 3 stride: 2') +
  layer('prior', 'PriorBox', 'conv data', `prior_box_param { min_size: 3 max_size: 5 aspect_ratio: 2 ${settings} }`);

const VARIANCES = 'variance: [0.1, 0.1, 0.2, 0.2]';
const detection = (settings: string) =>
  conv('map', 'data', 'num_output: 4 kernel_size: 3 stride: 2') +
  layer('prior', 'PriorBox', 'map data', `prior_box_param { min_size: 4 ${VARIANCES} }`) +
  conv('loc', 'map', 'num_output: 4 kernel_size: 1') +
  layer('loc_perm', 'Permute', 'loc', 'permute_param { order: [0, 2, 3, 1] }') +
  layer('loc_flat', 'Flatten', 'loc_perm') +
  conv('conf', 'map', 'num_output: 3 kernel_size: 1') +
  layer('conf_perm', 'Permute', 'conf', 'permute_param { order: [0, 2, 3, 1] }') +
  layer('conf_rows', 'Reshape', 'conf_perm', 'reshape_param { shape { dim: [0, -1, 3] } }') +
  layer('conf_prob', 'Softmax', 'conf_rows', 'softmax_param { axis: 2 }') +
  layer('conf_flat', 'Flatten', 'conf_prob') +
  layer(
    'detect',
    'DetectionOutput',
    'loc_flat conf_flat prior',
    `detection_output_param { num_classes: 3 keep_top_k: 50 ${settings} }`,
  );
const detected = { shape: [1, 3, 24, 24], first: 'detect', cause: 'detection-output' };

/** Space to depth with blocks of 2 x 2, block by block, as a convolution. */
const blocks = (blobs: Record<string, Array32[]>) => {
  blobs.reorg = [
    mapped({ shape: [16, 4, 2, 2], data: new Float32Array(256) }, (_, i) => {
      const [to, c, at] = [Math.floor(i / 16), Math.floor(i / 4) % 4, i % 4];
      return to === at * 4 + c ? 1 : 0;
    }),
  ];
};

export const FORK_FAULTS: readonly Fault[] = [
  {
    fault: 'a Permute to height, width, channels that should be width, height, channels',
    right: head('order: [0, 3, 2, 1]'),
    wrong: head('order: [0, 2, 3, 1]'),
    shape: [1, 6, 7, 7],
    ...{ first: 'perm', cause: 'permute-order' },
  },
  {
    fault: 'a Permute without a reference',
    right: head('order: [0, 2, 3, 1]'),
    wrong: head('order: [0, 3, 1, 2]'),
    unchecked: ['perm'],
    ...{ first: 'fc', cause: 'permute-order', layer: 'perm' },
  },
  {
    fault: 'a shuffle of another number of groups',
    right: shuffled(2),
    wrong: shuffled(3),
    unchecked: ['shuffle'],
    ...{ first: 'after', cause: 'shuffle-group', layer: 'shuffle' },
  },
  {
    fault: 'a shuffle of another number of groups, by Reshape and Permute',
    right: split('dim: 2 dim: 3'),
    wrong: split('dim: 3 dim: 2'),
    unchecked: ['split', 'turn'],
    ...{ first: 'join', cause: 'channel-split', layer: 'turn' },
  },
  {
    fault: 'a Normalize over the whole image',
    right: norm('across_spatial: false'),
    wrong: norm(''),
    ...{ first: 'norm', cause: 'normalize' },
  },
  {
    fault: "Darknet's order of blocks for TensorFlow's",
    right: layer(
      'reorg',
      'Convolution',
      'data',
      'convolution_param { num_output: 16 bias_term: false kernel_size: 2 stride: 2 }',
    ),
    wrong: layer('reorg', 'Reorg', 'data', 'reorg_param { stride: 2 }'),
    shape: [1, 4, 6, 8],
    weights: blocks,
    ...{ first: 'reorg', cause: 'reorg-order' },
  },
  {
    fault: 'default boxes that are clipped',
    right: priors('clip: true'),
    wrong: priors(''),
    ...{ first: 'prior', cause: 'prior-box' },
  },
  {
    fault: 'default boxes without the inverse ratios',
    right: priors('flip: false'),
    wrong: priors('flip: true'),
    ...{ first: 'prior', cause: 'prior-box' },
  },
  {
    fault: 'default boxes with another step, offset and variance',
    right: priors(`step: 2 offset: 0 ${VARIANCES}`),
    wrong: priors(''),
    ...{ first: 'prior', cause: 'prior-box' },
  },
  {
    fault: 'detections decoded as corners',
    right: detection('code_type: CENTER_SIZE confidence_threshold: 0.3'),
    wrong: detection('confidence_threshold: 0.3'),
    ...detected,
  },
  {
    fault: 'detections with another threshold of overlap',
    right: detection('code_type: CENTER_SIZE nms_param { nms_threshold: 0.45 }'),
    wrong: detection('code_type: CENTER_SIZE nms_param { nms_threshold: 0.3 }'),
    ...detected,
  },
];
