/** more-faults: mistakes that are made in ports of the further models, and what verify must say of each. */
import * as t from '../../support/torch64.js';
import { all, axes, blocks, each, edit, exchanged, fed, to32, to64, values, type ModelFault } from './changes.js';
import type { Port } from './port.js';

const removed = (layer: string) => edit(layer, /.*/, '');
const ones = each(() => 1);
const zeros = each(() => 0);
const along = (v: t.T64) => t.reshape(v, [1, v.shape[0]!, 1, 1]);
const bfloat16 = each((v) => {
  const bits = new Uint32Array(Float32Array.of(v).buffer);
  bits[0] = (bits[0]! + 0x8000) & 0xffff0000;
  return new Float32Array(bits.buffer)[0]!;
});
const taken =
  (to: readonly [string, number], from: readonly [string, number]) =>
  (port: Port): void => {
    port.blobs[to[0]] = port.blobs[to[0]]!.with(to[1], port.blobs[from[0]]![from[1]]!);
  };

export const MORE_FAULTS: readonly ModelFault[] = [
  {
    net: 'ShuffleNet V2 unit',
    fault: 'a shuffle of four groups',
    layer: 'shuffle',
    causes: ['channel-split'],
    spoil: all(edit('shuffle_split', 'dim: 2 dim: 4', 'dim: 4 dim: 2')),
  },
  {
    net: 'ShuffleNet V2 unit',
    fault: 'no shuffle',
    layer: 'shuffle',
    causes: ['shuffle-group', 'channel-order', 'permute-order'],
    spoil: edit('shuffle_turn', 'order: 0 order: 2 order: 1 order: 3', 'order: 0 order: 1 order: 2 order: 3'),
  },
  {
    net: 'ShuffleNet V2 unit',
    fault: 'a rectifier behind the depthwise convolution',
    layer: 'pw2',
    causes: ['activation', 'in-place', 'missing-activation'],
    spoil: (port) => edit('bn2_scale', /$/, '\nlayer { name: "extra" type: "ReLU" bottom: "dw" top: "dw" }')(port),
  },
  {
    net: 'EfficientNet block, SAME padding by slices',
    fault: 'padded by 1 on all sides',
    layer: 'stem',
    causes: ['convolution-same-padding', 'convolution-window'],
    spoil: all(
      edit('stem', 'pad: 2', 'pad: 1'),
      removed('stem_rows'),
      removed('stem_columns'),
      removed('unused'),
      edit('swish0_gate', 'stem_same', 'stem'),
      edit('swish0', 'stem_same', 'stem'),
    ),
  },
  {
    net: 'EfficientNet block, SAME padding by slices',
    fault: 'the gate added',
    layer: 'swish1',
    causes: ['eltwise', 'activation'],
    spoil: edit('swish1', 'PROD', 'SUM'),
  },
  {
    net: 'EfficientNet block, SAME padding by slices',
    fault: 'the first gate is TanH',
    layer: 'swish0',
    causes: ['activation'],
    spoil: edit('swish0_gate', 'Sigmoid', 'TanH'),
  },
  {
    net: 'EfficientNet block, SAME padding by slices',
    fault: 'the excitation left out',
    layer: 'project',
    causes: [],
    spoil: all(removed('se_scale'), edit('project', 'bottom: "se_scale"', 'bottom: "swish1"')),
    unmendable: true,
  },
  {
    net: 'EfficientNet block, SAME padding by slices',
    fault: 'gamma of the last normalization as zero-init leaves it',
    layer: 'bn2',
    causes: ['gamma-not-applied', 'batch-norm-fold'],
    spoil: values('bn2_scale', 0, ones),
  },
  {
    net: 'DenseNet',
    fault: 'the factor of moving averages',
    layer: 'norm2_1',
    causes: ['batch-norm-factor'],
    spoil: values(
      'norm2_1',
      2,
      each(() => 0.9),
    ),
  },
  {
    net: 'Inception with asymmetric kernels',
    fault: 'a rectifier left out of a branch',
    layer: 'mixed',
    causes: ['missing-activation'],
    spoil: all(removed('b7_relu'), edit('mixed', '"b7_relu"', '"b7_7x1"')),
  },
  {
    net: 'Inception with asymmetric kernels',
    fault: 'Softmax left out of the model’s dump',
    layer: 'prob',
    causes: ['reference-neighbour', 'activation'],
    otherwise: { prob: (x) => x },
    unmendable: true,
  },
  {
    net: 'GRU of two steps',
    fault: 'update and new state weighted the other way',
    layer: 'cell0',
    causes: ['eltwise', 'slice-order'],
    spoil: edit('cell0_change', 'coeff: 1 coeff: -1', 'coeff: -1 coeff: 1'),
  },
  {
    net: 'GRU of two steps',
    fault: 'reset and update gates exchanged',
    layer: 'cell0',
    causes: [],
    spoil: all(
      ...['ih', 'hh'].map((side) =>
        edit(
          `cell0_${side}_gates`,
          `top: "cell0_${side}_r" top: "cell0_${side}_z"`,
          `top: "cell0_${side}_z" top: "cell0_${side}_r"`,
        ),
      ),
    ),
    unmendable: true,
  },
  {
    net: 'GRU of two steps',
    fault: 'the second step reads the first state',
    layer: 'cell1',
    causes: [],
    spoil: all(
      edit('cell1_hh', 'bottom: "cell0"', 'bottom: "h0"'),
      edit('cell1_change', 'bottom: "cell0"', 'bottom: "h0"'),
    ),
    unmendable: true,
  },
  {
    net: 'stacked LSTM with an embedding',
    fault: 'one bias of two',
    layer: 'rnn',
    causes: ['recurrent'],
    spoil: values('rnn_l1', 1, (x) => ({ shape: x.shape, data: x.data.map((v, i) => v * 0 + Math.cos(i)) })),
    unmendable: true,
  },
  {
    net: 'stacked LSTM with an embedding',
    fault: 'gates in the order of PyTorch',
    layer: 'rnn',
    causes: ['recurrent'],
    spoil: all(...[0, 1, 2].map((i) => values('rnn_l1', i, blocks([0, 1, 3, 2])))),
  },
  {
    net: 'stacked LSTM with an embedding',
    fault: 'gates of the lower layer in the order of PyTorch',
    layer: 'rnn',
    causes: ['recurrent'],
    spoil: all(...[0, 1, 2].map((i) => values('rnn_l0', i, blocks([0, 1, 3, 2])))),
  },
  {
    net: 'stacked LSTM with an embedding',
    fault: 'cont begins a sequence at each step',
    layer: 'rnn',
    causes: ['recurrent'],
    spoil: fed('cont', zeros),
  },
  {
    net: 'stacked LSTM with an embedding',
    fault: 'the embedding transposed',
    layer: 'embedding',
    causes: ['weights-transposed'],
    spoil: values('embedding', 0, axes([1, 0])),
  },
  {
    net: 'YOLO with two heads',
    fault: 'all slopes 0',
    layer: 'leaky1',
    causes: ['negative-slope'],
    spoil: all(...[1, 2, 3, 4, 5].map((i) => edit(`leaky${i}`, /relu_param .*\} \}/, '}'))),
  },
  {
    net: 'YOLO with two heads',
    fault: 'no permutation before the rows',
    layer: 'out1',
    causes: ['flatten-order', 'permute-order'],
    spoil: all(removed('out1_rows'), edit('out1', 'bottom: "out1_rows"', 'bottom: "head1"')),
  },
  {
    net: 'ASPP segmentation',
    fault: 'align_corners=False',
    layer: 'full',
    causes: ['interpolation'],
    otherwise: { full: (x) => t.upsampleBilinear(x, [17, 13], false) },
  },
  {
    net: 'style transfer',
    fault: 'normalized over all channels',
    layer: 'in2',
    causes: ['mvn', 'normalization-groups'],
    spoil: edit('in2_mvn', 'mvn_param {', 'mvn_param { across_channels: true'),
  },
  {
    net: 'style transfer',
    fault: 'only the mean is taken away',
    layer: 'in3',
    causes: ['mvn'],
    spoil: edit('in3_mvn', 'mvn_param {', 'mvn_param { normalize_variance: false'),
  },
  {
    net: 'style transfer',
    fault: 'affine=False',
    layer: 'in1',
    causes: ['gamma-not-applied', 'batch-norm-fold'],
    spoil: all(values('in1', 0, ones), values('in1', 1, zeros)),
  },
  {
    net: 'style transfer',
    fault: 'in and out channels of the deconvolution exchanged',
    layer: 'up',
    causes: ['weights-transposed'],
    spoil: values('up', 0, axes([1, 0, 2, 3])),
  },
  {
    net: 'group normalization by MVN',
    fault: 'twice the groups',
    layer: 'gn1',
    causes: ['normalization-groups'],
    spoil: edit('gn1_groups', 'dim: 2 dim: 4', 'dim: 2 dim: 8'),
  },
  {
    net: 'group normalization by MVN',
    fault: 'factors of another layer',
    layer: 'gn2',
    causes: ['batch-norm-arrays'],
    spoil: exchanged(['gn2', 0], ['gn2', 1]),
  },
  {
    net: 'group normalization by MVN',
    fault: 'a bias that the port lacks',
    layer: 'conv1',
    causes: ['bias', 'batch-norm-fold'],
    otherwise: {
      conv1: (x, w) =>
        t.add(
          t.conv2d(x, w, undefined, { padding: 1 }),
          along(
            t.tensor(
              [8],
              [1, 2, 3, 4, 5, 6, 7, 8].map((v) => v / 7),
            ),
          ),
        ),
    },
  },
  {
    net: 'face embedding',
    fault: '(x - 127.5) / 128 not applied',
    layer: 'conv1',
    causes: ['input-transform', 'input-range', 'input-mean'],
    spoil: fed(
      'data',
      each((v) => v * 128 + 127.5),
    ),
  },
  {
    net: 'pixel shuffle of three channels',
    fault: "TensorFlow's depth_to_space",
    layer: 'shuffle',
    causes: ['channel-split'],
    spoil: all(
      edit('shuffle_blocks', 'dim: 3 dim: 2 dim: 2', 'dim: 2 dim: 2 dim: 3'),
      edit(
        'shuffle_turn',
        'order: 0 order: 3 order: 1 order: 4 order: 2',
        'order: 2 order: 3 order: 0 order: 4 order: 1',
      ),
    ),
  },
  {
    net: 'pixel shuffle of three channels',
    fault: 'rows and columns of blocks exchanged',
    layer: 'shuffle',
    causes: ['permute-order', 'reorg-order'],
    spoil: edit(
      'shuffle_turn',
      'order: 0 order: 3 order: 1 order: 4 order: 2',
      'order: 0 order: 3 order: 2 order: 4 order: 1',
    ),
  },
  {
    net: 'MobileNet with ReLU6 of plain layers',
    fault: 'only ReLU',
    layer: 'act1_positive',
    causes: ['activation', 'missing-activation'],
    spoil: all(removed('act1_turned'), removed('act1_limited'), removed('act1'), (port) => {
      port.prototxt = port.prototxt.replaceAll('bottom: "act1"', 'bottom: "act1_positive"');
    }),
  },
  {
    net: 'MobileNet with ReLU6 of plain layers',
    fault: 'a rectifier behind the sum',
    layer: 'pool',
    causes: ['activation', 'in-place', 'missing-activation', 'reference-neighbour'],
    spoil: edit('sum', /$/, '\nlayer { name: "sum_relu" type: "ReLU" bottom: "sum" top: "sum" }'),
  },
  {
    net: 'MobileNet with ReLU6 of plain layers',
    fault: 'depthwise weights in another order of channels',
    layer: 'dw',
    causes: ['weights-groups', 'channel-order'],
    spoil: values('dw', 0, blocks([1, 0, 3, 2, 5, 4])),
  },
  {
    net: 'GoogLeNet stem with Dropout',
    fault: 'dropout active',
    layer: 'drop',
    causes: ['dropout-active'],
    otherwise: { drop: (x) => t.map(x, (v, i) => (i % 3 === 0 ? 0 : v / 0.6)) },
    unmendable: true,
  },
  {
    net: 'GoogLeNet stem with Dropout',
    fault: 'bfloat16 weights',
    layer: 'conv2',
    causes: [],
    spoil: values('conv2', 0, bfloat16),
    unmendable: true,
  },
  {
    net: 'GoogLeNet stem with Dropout',
    fault: 'a mean for each channel not taken away',
    layer: 'conv1',
    causes: ['input-mean', 'input-transform'],
    spoil: fed('data', (x) => each((v, i) => v + [104, 117, 123][Math.floor(i / 400)]!)(x)),
  },
  {
    net: 'folded ResNet',
    fault: 'folded without the offset',
    layer: 'conv1',
    causes: ['bias'],
    spoil: values('conv1', 1, zeros),
  },
  {
    net: 'folded ResNet',
    fault: 'the convolution’s groups exchanged',
    layer: 'conv3',
    causes: ['weights-groups', 'channel-order'],
    spoil: all(...[0, 1].map((i) => values('conv3', i, blocks([1, 0])))),
  },
  {
    net: 'folded ResNet',
    fault: 'the sum subtracts',
    layer: 'sum',
    causes: ['eltwise'],
    spoil: edit('sum', /\}$/, 'eltwise_param { coeff: 1 coeff: -1 } }'),
  },
  {
    net: 'folded ResNet',
    fault: 'the offsets of another convolution',
    layer: 'conv2',
    causes: ['bias', 'weights-exchanged'],
    spoil: taken(['conv2', 1], ['conv1', 1]),
  },
  {
    net: 'five layers with two references',
    fault: 'the slope of a rectifier without a reference',
    layer: 'conv4',
    causes: ['negative-slope'],
    spoil: edit('leaky', '0.2', '0.02'),
  },
  {
    net: 'five layers with two references',
    fault: 'eps of a normalization without a reference',
    layer: 'pool1',
    causes: ['batch-norm-eps'],
    spoil: edit('bn2', 'eps: 0.00001', 'eps: 0.05'),
  },
  {
    net: 'five layers with two references',
    fault: 'the arrays of a normalization without a reference',
    layer: 'pool1',
    causes: ['batch-norm-arrays'],
    spoil: exchanged(['bn2', 0], ['bn2', 1]),
  },
  {
    net: 'five layers with two references',
    fault: 'kernels without a reference turned',
    layer: 'conv4',
    causes: ['weights-flipped'],
    spoil: values('conv3', 0, (x) => {
      const data = x.data.slice();
      for (let c = 0; c < 36; c++) data.set(x.data.slice(c * 9, c * 9 + 9).reverse(), c * 9);
      return { shape: x.shape, data };
    }),
  },
  {
    net: 'U-Net of valid convolutions',
    fault: 'cropped from the corner',
    layer: 'crop',
    causes: ['crop-offset'],
    spoil: edit('crop', 'offset: 2', 'offset: 0'),
  },
  {
    net: 'VGG with stored transposes',
    fault: 'transpose not said',
    layer: 'fc6',
    causes: ['weights-transposed'],
    spoil: edit('fc6', 'transpose: true', ''),
  },
  {
    net: 'VGG with stored transposes',
    fault: 'the mean of VGG not taken away',
    layer: 'conv1_1',
    causes: ['input-mean', 'input-transform'],
    spoil: fed('data', (x) => each((v, i) => v + [103.939, 116.779, 123.68][Math.floor(i / 120)]!)(x)),
  },
  {
    net: 'VGG with stored transposes',
    fault: 'the biases of two inner products exchanged',
    layer: 'fc6',
    causes: ['bias', 'weights-exchanged'],
    spoil: exchanged(['fc7', 1], ['fc6', 1]),
  },
  {
    net: 'autoencoder',
    fault: 'the image built channels last',
    layer: 'dec_fc',
    causes: ['flatten-order'],
    spoil: all(
      ...[0, 1].map((i) =>
        values('dec_fc', i, (x) => ({
          ...to32(t.permute(t.reshape(to64(x), [6, 9, x.data.length / 54]), [1, 0, 2])),
          shape: x.shape,
        })),
      ),
    ),
  },
  {
    net: 'autoencoder',
    fault: 'no Sigmoid at the code',
    layer: 'dec_fc',
    causes: ['activation', 'missing-activation'],
    spoil: all(removed('code'), edit('dec_fc', 'bottom: "code"', 'bottom: "enc_fc"')),
  },
  {
    net: 'HRNet fusion',
    fault: 'bilinear by a kernel of 4',
    layer: 'up',
    causes: ['upsampling', 'interpolation'],
    spoil: (port) => {
      edit('up', 'kernel_size: 2 stride: 2', 'kernel_size: 4 stride: 2 pad: 1')(port);
      const k = [0.25, 0.75, 0.75, 0.25];
      port.blobs.up = [
        {
          shape: [6, 1, 4, 4],
          data: Float32Array.from({ length: 96 }, (_, i) => k[Math.floor(i / 4) % 4]! * k[i % 4]!),
        },
      ];
    },
  },
  {
    net: 'maxout and highway',
    fault: 'the gate carries the other way',
    layer: 'highway',
    causes: ['eltwise', 'slice-order'],
    spoil: edit('highway_change', 'coeff: 1 coeff: -1', 'coeff: -1 coeff: 1'),
  },
  {
    net: 'BatchNorm without affine, Scale and Bias apart',
    fault: 'the factor of the sums taken as 1',
    layer: 'norm',
    causes: ['batch-norm-factor'],
    spoil: values('norm', 2, ones),
  },
  {
    net: 'BatchNorm without affine, Scale and Bias apart',
    fault: 'the Bias lost',
    layer: 'offset',
    causes: ['bias', 'batch-norm-fold', 'factor'],
    spoil: values('offset', 0, zeros),
  },
  {
    net: 'colour and depth',
    fault: 'count_include_pad=False',
    layer: 'pool',
    causes: ['pooling-divisor'],
    otherwise: { pool: (x) => t.avgPool2d(x, { kernel: 3, stride: 2, padding: 1, countIncludePad: false }) },
  },
];
