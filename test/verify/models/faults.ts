/** faults: mistakes that are made in ports of the models, and what verify must say of each. */
import * as t from '../../support/torch64.js';
import {
  edit,
  all,
  values,
  exchanged,
  fed,
  to64,
  to32,
  axes,
  each,
  reversedValues,
  blocks,
  channelsReversed,
  swish,
  reflected,
  replicated,
  gelu,
  type ModelFault,
} from './changes.js';

export const MODEL_FAULTS: readonly ModelFault[] = [
  {
    net: 'MobileNetV3 block',
    ...{ fault: "Keras' slope of a hard sigmoid", layer: 'se_gate', causes: ['activation', 'factor'] },
    spoil: edit('se_gate_line', /scale: [\d.]+/, 'scale: 0.2'),
  },
  {
    net: 'MobileNetV3 block',
    ...{ fault: "the momentum taken for the normalization's eps", layer: 'bn2', causes: ['batch-norm-eps'] },
    spoil: edit('bn2', 'eps: 0.001', 'eps: 0.1'),
  },
  {
    net: 'MobileNetV3 block',
    ...{ fault: 'the default eps', layer: 'bn0', causes: ['batch-norm-eps'] },
    spoil: all(...[0, 1, 2, 3].map((i) => edit(`bn${i}`, 'eps: 0.001', ''))),
  },
  {
    net: 'MobileNetV3 block',
    ...{ fault: 'depthwise kernels turned', layer: 'depthwise', causes: ['weights-flipped'] },
    spoil: values('depthwise', 0, (x) => {
      const data = x.data.slice();
      for (let c = 0; c < 12; c++) data.set(x.data.slice(c * 25, (c + 1) * 25).reverse(), c * 25);
      return { shape: x.shape, data };
    }),
  },
  {
    net: 'MobileNetV3 block',
    ...{ fault: 'a Hardswish ported as Swish', layer: 'act1', causes: ['activation'] },
    spoil: (port) => swish('act1', 'bn1_scale', port),
  },
  {
    net: 'MobileNetV3 block',
    ...{
      fault: 'the arrays of two normalizations exchanged',
      layer: 'bn1',
      causes: ['weights-exchanged', 'batch-norm-fold'],
    },
    spoil: all(...[0, 1].map((i) => exchanged(['bn1', i], ['bn2', i]))),
  },
  {
    net: 'ResNet',
    ...{ fault: 'a rectifier left out', layer: 'b1_conv2', causes: ['missing-activation'] },
    spoil: all(edit('b1_relu1', /.*/, ''), edit('b1_conv2', 'bottom: "b1_relu1"', 'bottom: "b1_bn1_scale"')),
  },
  {
    net: 'U-Net',
    ...{ fault: 'the skip connection joined in front', layer: 'cat1', causes: ['concat-order'] },
    spoil: edit('cat1', 'bottom: "up1" bottom: "relu1"', 'bottom: "relu1" bottom: "up1"'),
  },
  {
    net: 'U-Net',
    ...{
      fault: 'inputs and outputs of a transposed convolution exchanged',
      layer: 'up1',
      causes: ['weights-transposed'],
    },
    spoil: values('up1', 0, axes([1, 0, 2, 3])),
  },
  {
    net: 'U-Net',
    ...{ fault: 'mean for maximum', layer: 'pool1', causes: ['pooling-method'] },
    spoil: edit('pool1', 'pooling_param {', 'pooling_param { pool: AVE'),
  },
  {
    net: 'U-Net',
    ...{ fault: 'TanH for Sigmoid', layer: 'mask', causes: ['activation'] },
    spoil: edit('mask', 'Sigmoid', 'TanH'),
  },
  {
    net: 'U-Net',
    ...{ fault: 'a bias left out', layer: 'head', causes: ['bias'] },
    spoil: (port) => {
      edit('head', 'num_output: 2', 'num_output: 2 bias_term: false')(port);
      port.blobs.head!.pop();
    },
  },
  {
    net: 'dilated context with PReLU',
    ...{ fault: 'a dilation left out', layer: 'conv2', causes: ['convolution-window'] },
    spoil: edit('conv2', 'pad: 2 dilation: 2', 'pad: 1'),
  },
  {
    net: 'dilated context with PReLU',
    ...{ fault: 'half a dilation', layer: 'conv3', causes: ['convolution-window'] },
    spoil: edit('conv3', 'pad: 4 dilation: 4', 'pad: 2 dilation: 2'),
  },
  {
    net: 'dilated context with PReLU',
    ...{ fault: 'PReLU ported as ReLU', layer: 'prelu1', causes: ['prelu-slope', 'negative-slope', 'activation'] },
    spoil: (port) => {
      edit('prelu1', 'PReLU', 'ReLU')(port);
      delete port.blobs.prelu1;
    },
  },
  {
    net: 'dilated context with PReLU',
    ...{ fault: 'one slope where the model has one for each channel', layer: 'prelu1', causes: ['prelu-slope'] },
    spoil: all(
      edit('prelu1', /\}$/, 'prelu_param { channel_shared: true } }'),
      values('prelu1', 0, (x) => ({ shape: [1], data: x.data.slice(0, 1) })),
    ),
  },
  {
    net: 'poolings',
    ...{ fault: 'count_include_pad=False', layer: 'avg1', causes: ['pooling-divisor'] },
    otherwise: { avg1: (x) => t.avgPool2d(x, { kernel: 3, stride: 2, padding: 1, countIncludePad: false }) },
  },
  {
    net: 'poolings',
    ...{ fault: 'maximum for mean', layer: 'avg1', causes: ['pooling-method'] },
    spoil: edit('avg1', 'pool: AVE', ''),
  },
  {
    net: 'poolings',
    ...{
      fault: 'an inner product for an image flattened channels last',
      layer: 'conv2',
      causes: ['weights-transposed'],
    },
    spoil: values('conv2', 0, axes([0, 2, 3, 1])),
  },
  {
    net: 'GroupNorm',
    ...{ fault: 'half the groups', layer: 'gn1', causes: ['normalization-groups'] },
    spoil: edit('gn1_rows', 'dim: 1 dim: 4', 'dim: 1 dim: 2 dim: 2'),
  },
  {
    net: 'GroupNorm',
    ...{ fault: 'the model normalizes each channel', layer: 'gn1', causes: ['normalization-groups'] },
    otherwise: { gn1: (x) => t.normalized(x, x.data.length / 8) },
  },
  {
    net: 'GroupNorm',
    ...{ fault: 'another eps', layer: 'gn2', causes: ['batch-norm-eps', 'mvn'] },
    spoil: edit('gn2_norm', 'eps: 1e-5', 'eps: 1e-1'),
  },
  {
    net: 'LayerNorm',
    ...{ fault: 'GELU ported as SiLU', layer: 'silu', causes: ['activation'], unmendable: true },
    otherwise: { silu: gelu },
  },
  {
    net: 'LayerNorm',
    ...{ fault: 'a residual multiplied', layer: 'residual', causes: ['eltwise'] },
    spoil: edit('residual', /\}$/, 'eltwise_param { operation: PROD } }'),
  },
  {
    net: 'LayerNorm',
    ...{ fault: 'a matrix as Keras keeps it', layer: 'fc1', causes: ['weights-transposed'] },
    spoil: values('fc1', 0, axes([1, 0])),
  },
  {
    net: 'LayerNorm',
    ...{ fault: 'factors and offsets exchanged', layer: 'ln2', causes: ['batch-norm-arrays'] },
    spoil: exchanged(['ln2', 0], ['ln2', 1]),
  },
  {
    net: 'InstanceNorm and upsampling',
    ...{ fault: 'padding by reflection', layer: 'conv1', causes: ['border-padding'] },
    otherwise: { conv1: (x, w, b) => t.conv2d(reflected(x, 2), w, b, { stride: 2 }) },
  },
  {
    net: 'InstanceNorm and upsampling',
    ...{ fault: 'bilinear upsampling', layer: 'up', causes: ['upsampling', 'interpolation'] },
    otherwise: { up: (x) => t.upsampleBilinear(x, [x.shape[2]! * 2, x.shape[3]! * 2], false) },
  },
  {
    net: 'InstanceNorm and upsampling',
    ...{ fault: 'bilinear upsampling with aligned corners', layer: 'up', causes: ['interpolation'] },
    otherwise: { up: (x) => t.upsampleBilinear(x, [x.shape[2]! * 2, x.shape[3]! * 2], true) },
  },
  {
    net: 'InstanceNorm and upsampling',
    ...{ fault: 'the model brings its image to 0 … 1', layer: 'image', causes: ['factor', 'activation'] },
    otherwise: { image: (x) => t.map(x, (v) => (Math.tanh(v) + 1) / 2) },
  },
  {
    net: 'bidirectional LSTM',
    ...{ fault: "gates in PyTorch's order", layer: 'forward', causes: ['recurrent'] },
    spoil: all(
      ...[0, 1, 2].flatMap((i) => ['forward', 'backward'].map((name) => values(name, i, blocks([0, 1, 3, 2])))),
    ),
  },
  {
    net: 'bidirectional LSTM',
    ...{ fault: 'cont all zero', layer: 'forward', causes: ['recurrent'] },
    spoil: fed(
      'cont',
      each(() => 0),
    ),
  },
  {
    net: 'bidirectional LSTM',
    ...{ fault: 'the second direction runs forward', layer: 'lstm', causes: ['recurrent'] },
    spoil: all(
      edit('turn', /bottom.* top/, `${[0, 1, 2, 3, 4, 5].map((i) => `bottom: "turn_${i}"`).join(' ')} top`),
      edit('back', /bottom.* top/, `${[0, 1, 2, 3, 4, 5].map((i) => `bottom: "back_${i}"`).join(' ')} top`),
    ),
  },
  {
    net: 'bidirectional LSTM',
    ...{ fault: 'softmax along the batch', layer: 'prob', causes: ['softmax-axis'] },
    spoil: edit('prob', 'softmax_param { axis: 2 }', ''),
  },
  {
    net: 'bidirectional LSTM',
    ...{ fault: 'the directions joined in the other order', layer: 'lstm', causes: ['concat-order'] },
    spoil: edit('lstm', 'bottom: "forward" bottom: "back"', 'bottom: "back" bottom: "forward"'),
  },
  {
    net: 'SSD head',
    ...{
      fault: 'scores flattened without the permutation',
      layer: 'conf0_flat',
      causes: ['flatten-order', 'permute-order'],
    },
    spoil: all(edit('conf0_perm', /.*/, ''), edit('conf0_flat', 'bottom: "conf0_perm"', 'bottom: "conf0"')),
  },
  {
    net: 'SSD head',
    ...{ fault: 'normalized over the whole image', layer: 'norm', causes: ['normalize'] },
    spoil: edit('norm', 'across_spatial: false', 'across_spatial: true'),
  },
  {
    net: 'SSD head',
    ...{ fault: 'levels joined in the other order', layer: 'conf', causes: ['concat-order'] },
    spoil: edit('conf', 'bottom: "conf0_flat" bottom: "conf1_flat"', 'bottom: "conf1_flat" bottom: "conf0_flat"'),
  },
  {
    net: 'SSD head',
    ...{ fault: 'the weights of two heads exchanged', layer: 'conf0', causes: ['weights-exchanged'] },
    spoil: all(exchanged(['conf0', 0], ['conf1', 0]), exchanged(['conf0', 1], ['conf1', 1])),
  },
  {
    net: 'SSD head',
    ...{ fault: 'a permutation to width before height', layer: 'conf1_perm', causes: ['permute-order'] },
    spoil: edit('conf1_perm', 'order: 2 order: 3', 'order: 3 order: 2'),
  },
  {
    net: 'ShuffleNet',
    ...{ fault: 'another number of groups in a shuffle', layer: 'shuffle', causes: ['shuffle-group'] },
    spoil: edit('shuffle', 'group: 3', 'group: 4'),
  },
  {
    net: 'ShuffleNet',
    ...{
      fault: "a convolution's groups in another order",
      layer: 'gconv1',
      causes: ['weights-groups', 'channel-order'],
    },
    spoil: all(values('gconv1', 0, blocks([1, 2, 0])), values('gconv1', 1, blocks([1, 2, 0]))),
  },
  {
    net: 'ShuffleNet',
    ...{ fault: 'rows and columns of depthwise kernels exchanged', layer: 'dw', causes: ['weights-transposed'] },
    spoil: values('dw', 0, axes([0, 1, 3, 2])),
  },
  {
    net: 'ShuffleNet',
    ...{ fault: 'two grouped convolutions exchanged', layer: 'gconv1', causes: ['weights-exchanged'] },
    spoil: all(exchanged(['gconv1', 0], ['gconv2', 0]), exchanged(['gconv1', 1], ['gconv2', 1])),
  },
  {
    net: 'grouped deconvolutions',
    ...{ fault: 'groups of a transposed convolution in another order', layer: 'up1', causes: ['weights-groups'] },
    spoil: values('up1', 0, blocks([2, 0, 1])),
  },
  {
    net: 'grouped deconvolutions',
    ...{ fault: 'output_padding=1', layer: 'up1', causes: ['output-padding'] },
    otherwise: {
      up1: (x, w, b) => t.convTranspose2d(x, w, b, { stride: 2, padding: 1, groups: 3, outputPadding: 1 }),
    },
  },
  {
    net: 'grouped deconvolutions',
    ...{ fault: 'the default slope', layer: 'leaky', causes: ['negative-slope'] },
    spoil: edit('leaky', '0.2', '0.01'),
  },
  {
    net: 'grouped deconvolutions',
    ...{ fault: 'ELU ported as ReLU', layer: 'elu', causes: ['activation'] },
    spoil: edit('elu', 'ELU', 'ReLU'),
  },
  {
    net: 'grouped deconvolutions',
    ...{ fault: 'kernels turned', layer: 'up2', causes: ['weights-flipped'] },
    spoil: values('up2', 0, (x) => {
      const data = x.data.slice();
      for (let c = 0; c < data.length; c += 16) data.set(x.data.slice(c, c + 16).reverse(), c);
      return { shape: x.shape, data };
    }),
  },
  {
    net: 'ResNet',
    ...{ fault: "Caffe's rounding of a pooling", layer: 'pool0', causes: ['pooling-window'] },
    spoil: edit('pool0', 'round_mode: FLOOR', ''),
  },
  {
    net: 'ResNet',
    ...{ fault: 'BGR fed for RGB', layer: 'conv0', causes: ['input-channel-order', 'weights-channel-order'] },
    spoil: fed('data', channelsReversed),
  },
  {
    net: 'ResNet',
    ...{ fault: 'the stride in the second convolution of a block', layer: 'b1_conv1', causes: ['convolution-window'] },
    spoil: all(edit('b1_conv1', 'stride: 2', ''), edit('b1_conv2', 'pad: 1', 'pad: 1 stride: 2')),
  },
  {
    net: 'ResNet',
    ...{ fault: 'mean and variance exchanged', layer: 'b1_bn2', causes: ['batch-norm-arrays'] },
    spoil: exchanged(['b1_bn2', 0], ['b1_bn2', 1]),
  },
  {
    net: 'ResNet',
    ...{ fault: 'the factor of the statistics', layer: 'b1_down_bn', causes: ['batch-norm-factor'] },
    spoil: values(
      'b1_down_bn',
      2,
      each(() => 999.98),
    ),
  },
  {
    net: 'ResNet',
    ...{
      fault: 'factors and offsets of two normalizations exchanged',
      layer: 'b1_bn1',
      causes: ['weights-exchanged', 'batch-norm-fold'],
    },
    spoil: all(
      exchanged(['b1_bn2_scale', 0], ['b1_bn1_scale', 0]),
      exchanged(['b1_bn2_scale', 1], ['b1_bn1_scale', 1]),
    ),
  },
  {
    net: 'Inception with LRN',
    ...{ fault: "LRN's alpha divided by the size once more", layer: 'norm1', causes: ['lrn'] },
    spoil: edit('norm1', 'alpha: 0.5', 'alpha: 0.1'),
  },
  {
    net: 'Inception with LRN',
    ...{ fault: 'LRN within each channel', layer: 'norm1', causes: ['lrn'] },
    spoil: edit('norm1', 'local_size: 5', 'local_size: 5 norm_region: WITHIN_CHANNEL'),
  },
  {
    net: 'Inception with LRN',
    ...{
      fault: 'columns for an image flattened channels last',
      layer: 'fc',
      causes: ['flatten-order', 'weights-transposed'],
    },
    spoil: values('fc', 0, (x) => ({
      ...to32(t.permute(t.reshape(to64(x), [5, 16, 14, 12]), [0, 2, 3, 1])),
      shape: x.shape,
    })),
  },
  {
    net: 'Inception with LRN',
    ...{ fault: 'branches joined in another order', layer: 'inception', causes: ['concat-order'] },
    spoil: edit('inception', 'bottom: "r1" bottom: "r2"', 'bottom: "r2" bottom: "r1"'),
  },
  {
    net: 'gated linear units',
    ...{ fault: 'the halves exchanged', layer: 'gate', causes: ['slice-order'] },
    spoil: edit('split', 'top: "value" top: "gate_in"', 'top: "gate_in" top: "value"'),
  },
  {
    net: 'gated linear units',
    ...{ fault: 'a gate that is added', layer: 'glu', causes: ['eltwise'] },
    spoil: edit('glu', 'PROD', 'SUM'),
  },
  {
    net: 'gated linear units',
    ...{ fault: 'ReLU for Softplus', layer: 'soft', causes: ['activation'] },
    spoil: edit('soft', 'BNLL', 'ReLU'),
  },
  {
    net: 'gated linear units',
    ...{ fault: 'the pads of rows and columns exchanged', layer: 'conv1', causes: ['convolution-window'] },
    spoil: edit('conv1', 'pad_h: 1 pad_w: 2', 'pad_h: 2 pad_w: 1'),
  },
  {
    net: 'Siamese with shared weights',
    ...{ fault: 'two images in each other’s place', layer: 'conv_left', causes: ['input-exchange'] },
    spoil: (port) => {
      port.inputs = { left: port.inputs.right!, right: port.inputs.left! };
    },
  },
  {
    net: 'Siamese with shared weights',
    ...{ fault: 'a sum for a difference', layer: 'difference', causes: ['eltwise'] },
    spoil: edit('difference', 'coeff: -1', 'coeff: 1'),
  },
  {
    net: 'Siamese with shared weights',
    ...{ fault: 'the square for the magnitude', layer: 'distance', causes: ['activation'] },
    spoil: edit('distance', /type: "AbsVal"(.*)\}$/, 'type: "Power"$1 power_param { power: 2 } }'),
    unmendable: true,
  },
  {
    net: 'detector with mean and deviation',
    ...{
      fault: 'the mean and the deviation not applied',
      layer: 'conv1',
      causes: ['input-transform', 'input-range', 'input-mean'],
    },
    spoil: fed('data', (x) => each((v, i) => v * 58.395 + [123.675, 116.28, 103.53][Math.floor(i / 168)]!)(x)),
  },
  {
    net: 'detector with mean and deviation',
    ...{ fault: 'values divided by 255', layer: 'conv1', causes: ['input-range'] },
    spoil: fed(
      'data',
      each((v) => v / 255),
    ),
  },
  {
    net: 'detector with mean and deviation',
    ...{ fault: 'a model in train()', layer: 'bn2', causes: ['batch-statistics'], unmendable: true },
    otherwise: {
      bn2: (x, w, b) => {
        const normal = t.normalized(x, x.shape[2]! * x.shape[3]!);
        const along = (v: t.T64) => t.reshape(v, [1, 8, 1, 1]);
        return t.add(t.mul(normal, along(w)), along(b));
      },
    },
  },
  {
    net: 'detector with mean and deviation',
    ...{ fault: 'another slope in place', layer: 'leaky2', causes: ['negative-slope'] },
    spoil: edit('leaky2', '0.1', '0.01'),
  },
  {
    net: 'transformed features',
    ...{ fault: 'ReLU for ReLU6', layer: 'relu6', causes: ['activation'] },
    spoil: edit('relu6', /"Clip"(.*) clip_param.*$/, '"ReLU"$1 }'),
  },
  {
    net: 'transformed features',
    ...{ fault: "ELU's alpha left out", layer: 'act', causes: ['activation', 'negative-slope'] },
    spoil: edit('act', 'elu_param { alpha: 0.7 }', ''),
  },
  {
    net: 'transformed features',
    ...{ fault: 'a temperature', layer: 'soft', causes: ['softmax-temperature'] },
    otherwise: {
      soft: (x) =>
        t.softmax(
          t.map(x, (v) => v / 2.5),
          1,
        ),
    },
  },
  {
    net: 'batch of images',
    ...{ fault: 'gamma left at 1', layer: 'bn1', causes: ['gamma-not-applied', 'batch-norm-fold'] },
    spoil: values(
      'bn1_scale',
      0,
      each(() => 1),
    ),
  },
  {
    net: 'batch of images',
    ...{ fault: 'deviations for variances', layer: 'bn1', causes: ['batch-norm-arrays'] },
    spoil: values(
      'bn1',
      1,
      each((v) => Math.sqrt(v)),
    ),
  },
  {
    net: 'batch of images',
    ...{ fault: 'a bias too many', layer: 'fc1', causes: ['bias'] },
    otherwise: { fc1: (x, w) => t.linear(x, w) },
  },
  {
    net: 'sub-pixel convolution',
    ...{
      fault: 'rows and columns of a pixel shuffle exchanged',
      layer: 'shuffle',
      causes: ['weights-transposed', 'reorg-order'],
    },
    spoil: values('shuffle', 0, axes([0, 1, 3, 2])),
  },
  {
    net: 'sub-pixel convolution',
    ...{ fault: 'padding that repeats the border', layer: 'conv1', causes: ['border-padding'] },
    otherwise: { conv1: (x, w, b) => t.conv2d(replicated(x, 2), w, b) },
  },
  {
    net: 'sub-pixel convolution',
    ...{ fault: 'all weights in the opposite order', layer: 'conv2', causes: [] },
    spoil: values('conv2', 0, reversedValues),
    unmendable: true,
  },
  {
    net: 'pyramid with crops',
    ...{ fault: 'a crop from the other side', layer: 'crop', causes: ['crop-offset'] },
    spoil: edit('crop', 'axis: 2 offset: 0', 'axis: 3 offset: 1'),
  },
  {
    net: 'pyramid with crops',
    ...{ fault: 'a 1x1 kernel transposed', layer: 'lateral2', causes: ['weights-transposed'] },
    spoil: values('lateral2', 0, axes([1, 0, 2, 3])),
  },
  {
    net: 'pyramid with crops',
    ...{ fault: 'a maximum for a sum', layer: 'merged', causes: ['eltwise'] },
    spoil: edit('merged', /\}$/, 'eltwise_param { operation: MAX } }'),
  },
];
