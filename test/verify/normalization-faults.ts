/** normalization-faults: faults of BatchNorm, MVN and the Scale behind them, to be planted. */
import { filled, mapped } from '../../src/verify/tensors.js';
import type { Array32, Fault } from './planted.js';

const layer = (name: string, type: string, bottom: string, rest = '') =>
  `layer { name: "${name}" type: "${type}" bottom: "${bottom}" top: "${name}" ${rest} }\n`;
const conv = (name: string, bottom: string) =>
  layer(name, 'Convolution', bottom, 'convolution_param { num_output: 6 kernel_size: 3 pad: 1 }');

const scale = (settings = 'bias_term: true') => layer('scale', 'Scale', 'bn', `scale_param { ${settings} }`);
const PAIR = conv('conv', 'data') + layer('bn', 'BatchNorm', 'conv') + scale() + conv('after', 'scale');
const INSTANCE = (settings: string) =>
  conv('conv', 'data') + layer('bn', 'MVN', 'conv', `mvn_param { ${settings} }`) + scale() + conv('after', 'scale');

type Blobs = Record<string, Array32[]>;

/** Statistics with a factor, positive variances and factors. */
const positive = (blobs: Blobs) => {
  if (blobs.bn?.length === 3) {
    blobs.bn[0] = mapped(blobs.bn[0]!, (v) => 3 * v);
    blobs.bn[1] = mapped(blobs.bn[1]!, (v) => 3 * (0.4 + v * v));
    blobs.bn[2] = filled([1], 3);
  }
  blobs.scale![0] = mapped(blobs.scale![0]!, (v) => 0.7 + v);
};
const exchange = (blobs: Blobs, a: [string, number], b: [string, number]) => {
  const [first, second] = [blobs[a[0]]![a[1]]!, blobs[b[0]]![b[1]]!];
  blobs[a[0]]![a[1]] = second;
  blobs[b[0]]![b[1]] = first;
};
/** An exchange between the layers, whose statistics have no factor. */
const plain = (blobs: Blobs) => {
  positive(blobs);
  blobs.bn = [...blobs.bn!.slice(0, 2).map((t) => mapped(t, (v) => v / 3)), filled([1], 1)];
};

export const NORMALIZATION_FAULTS: readonly Fault[] = [
  {
    fault: 'an eps that is in no list, seen at the Scale behind only',
    right: PAIR.replace('type: "BatchNorm"', 'type: "BatchNorm" batch_norm_param { eps: 0.0033 }'),
    wrong: PAIR,
    weights: (blobs) => {
      positive(blobs);
      blobs.bn![1] = mapped(blobs.bn![1]!, (v) => v / 20);
    },
    unchecked: ['bn'],
    ...{ first: 'scale', cause: 'batch-norm-eps', layer: 'bn' },
  },
  {
    fault: 'mean and variance in each other’s place, some variances negative then',
    right: PAIR,
    weights: (blobs) => {
      positive(blobs);
      // What stands for the mean of the spoiled layer is no proof: it was a variance, and is positive.
      blobs.bn![0] = mapped(blobs.bn![0]!, (v, c) => (c === 2 ? -Math.abs(v) : Math.abs(v)));
    },
    spoil: (blobs) => {
      exchange(blobs, ['bn', 0], ['bn', 1]);
    },
    ...{ first: 'bn', cause: 'batch-norm-arrays' },
  },
  {
    fault: 'mean and variance in each other’s place and made positive, seen at the Scale only',
    right: PAIR,
    weights: positive,
    spoil: (blobs) => {
      exchange(blobs, ['bn', 0], ['bn', 1]);
      blobs.bn![1] = mapped(blobs.bn![1]!, Math.abs);
    },
    unchecked: ['bn'],
    ...{ first: 'scale', cause: 'batch-norm-arrays', layer: 'bn' },
  },
  {
    fault: 'the standard deviation in the place of the variance',
    right: PAIR,
    weights: positive,
    spoil: (blobs) => {
      blobs.bn![1] = mapped(blobs.bn![1]!, (v) => 3 * Math.sqrt(v / 3));
    },
    ...{ first: 'bn', cause: 'batch-norm-arrays' },
  },
  {
    fault: 'variance and gamma in each other’s place',
    right: PAIR,
    weights: plain,
    spoil: (blobs) => {
      exchange(blobs, ['bn', 1], ['scale', 0]);
    },
    unchecked: ['bn'],
    ...{ first: 'scale', cause: 'batch-norm-arrays' },
  },
  {
    fault: 'gamma and beta in each other’s place',
    right: PAIR,
    weights: positive,
    spoil: (blobs) => {
      exchange(blobs, ['scale', 0], ['scale', 1]);
    },
    ...{ first: 'scale', cause: 'batch-norm-arrays' },
  },
  {
    fault: 'all four arrays in another order',
    right: PAIR,
    weights: plain,
    spoil: (blobs) => {
      const [[mean, variance, factor], [gamma, beta]] = [blobs.bn!, blobs.scale!];
      blobs.bn = [beta!, gamma!, factor!];
      blobs.scale = [variance!, mean!];
    },
    unchecked: ['bn'],
    ...{ first: 'scale', cause: 'batch-norm-arrays' },
  },
  {
    fault: 'gamma that the model does not apply',
    right: PAIR,
    weights: (blobs) => {
      positive(blobs);
      blobs.scale![0] = filled([6], 1);
    },
    spoil: (blobs) => {
      blobs.scale![0] = mapped(blobs.scale![0]!, (_, c) => 0.5 * c);
    },
    ...{ first: 'scale', cause: 'gamma-not-applied' },
  },
  {
    fault: 'eps after the root, where the model has it under the root',
    right: PAIR.replace(
      'type: "BatchNorm"',
      'type: "BatchNorm" batch_norm_param { use_global_stats: false eps: 1e-3 }',
    ),
    wrong: INSTANCE('eps: 1e-9'),
    unchecked: ['bn'],
    ...{ first: 'scale', cause: 'mvn', layer: 'bn' },
  },
  {
    fault: 'eps after the root, of two images',
    right:
      conv('conv', 'data') +
      layer('apart', 'Reshape', 'conv', 'reshape_param { shape { dim: 1 dim: 12 dim: -1 } }') +
      layer('norm', 'BatchNorm', 'apart', 'batch_norm_param { use_global_stats: false }') +
      layer('bn', 'Reshape', 'norm', 'reshape_param { shape { dim: 2 dim: 6 dim: 9 dim: 11 } }') +
      scale() +
      conv('after', 'scale'),
    wrong: INSTANCE('eps: 0.1'),
    shape: [2, 6, 9, 11],
    unchecked: ['apart', 'norm'],
    ...{ first: 'bn', cause: 'mvn' },
  },
  {
    fault: 'a normalization over each channel, where the model has one over all',
    right: INSTANCE('across_channels: true'),
    wrong: INSTANCE(''),
    ...{ first: 'bn', cause: 'mvn' },
  },
  {
    fault: 'references of a model in train()',
    right: PAIR.replace('type: "BatchNorm"', 'type: "BatchNorm" batch_norm_param { use_global_stats: false }'),
    wrong: PAIR,
    weights: positive,
    shape: [2, 6, 9, 11],
    ...{ first: 'bn', cause: 'batch-statistics' },
  },
];
