/** nets: small models of the kinds that people port, each with its right port. */
import * as t from '../../support/torch64.js';
import { Model, type Value } from './model.js';

/** Squeeze and excitation. */
export function squeeze(m: Model, name: string, value: Value, reduced: number): Value {
  const mean = m.gap(`${name}_pool`, value);
  const relu = m.relu(`${name}_relu`, m.conv(`${name}_fc1`, mean, reduced, 1));
  const gate = m.hardsigmoid(`${name}_gate`, m.conv(`${name}_fc2`, relu, value.x.shape[1]!, 1));
  m.layer(`${name}_flat`, 'Flatten', [gate.blob]);
  m.layer(name, 'Scale', [value.blob, `${name}_flat`], 'scale_param { axis: 0 }');
  return m.is(name, name, t.mul(value.x, gate.x));
}

/** Mean 0 and variance 1 of each of `rows`, by a BatchNorm over channels, then factors and offsets. */
export function normalizedRows(m: Model, name: string, { blob, x }: Value, rows: number, axis: number): Value {
  const [w, b] = [m.values([x.shape[axis]!], 0.4, 1), m.values([x.shape[axis]!], 0.3)];
  m.reshape(`${name}_rows`, { blob, x }, [1, rows, x.data.length / rows]);
  m.layer(`${name}_norm`, 'BatchNorm', [`${name}_rows`], 'batch_norm_param { use_global_stats: false eps: 1e-5 }');
  m.reshape(`${name}_back`, { blob: `${name}_norm`, x }, x.shape);
  m.layer(name, 'Scale', [`${name}_back`], `scale_param { axis: ${axis} bias_term: true }`);
  m.params(name, w, b);
  const normal = m.computed(name, [x], () => t.normalized(x, x.data.length / rows));
  const along = (v: t.T64) =>
    t.reshape(
      v,
      x.shape.map((d, i) => (i === axis ? d : 1)),
    );
  return m.is(name, name, t.add(t.mul(normal, along(w)), along(b)));
}

/** One direction of an LSTM whose gates are in Caffe's order, i f o g. */
export function lstm(
  m: Model,
  name: string,
  { blob, x }: Value,
  cont: string,
  hidden: number,
  module?: string,
  shown = x,
): Value {
  const inputs = x.shape[2]!;
  const [wi, wh] = [m.values([4 * hidden, inputs], 0.5), m.values([4 * hidden, hidden], 0.5)];
  const [bi, bh] = [m.values([4 * hidden], 0.3), m.values([4 * hidden], 0.3)];
  const order = (v: t.T64) =>
    t.cat(
      [0, 1, 3, 2].map((g) => t.narrow(v, 0, g * hidden, (g + 1) * hidden)),
      0,
    );
  m.layer(name, 'LSTM', [blob, cont], `recurrent_param { num_output: ${hidden} }`);
  m.params(name, order(wi), t.add(order(bi), order(bh)), order(wh));
  return m.is(module, name, t.lstm(shown, [wi, wh, bi, bh]));
}

/** A sequence's steps in the opposite order, by Slice and Concat. */
export function reversed(m: Model, name: string, { blob, x }: Value): Value {
  const steps = Array.from({ length: x.shape[0]! }, (_, i) => i);
  m.layer(
    `${name}_slice`,
    'Slice',
    [blob],
    'slice_param { axis: 0 }',
    steps.map((i) => `${name}_${i}`),
  );
  m.layer(
    name,
    'Concat',
    [...steps].reverse().map((i) => `${name}_${i}`),
    'concat_param { axis: 0 }',
  );
  return {
    blob: name,
    x: t.cat(
      [...steps].reverse().map((i) => t.narrow(x, 0, i, i + 1)),
      0,
    ),
  };
}

const IMAGE = [1, 3, 14, 12];

export const NETS: Record<string, (m: Model) => void> = {
  'MobileNetV3 block': (m) => {
    const stem = m.hardswish(
      'act0',
      m.bn('bn0', m.conv('conv0', m.input('data', IMAGE), 8, 3, { stride: 2, padding: 1, bias: false }), 1e-3),
    );
    const wide = m.hardswish('act1', m.bn('bn1', m.conv('expand', stem, 12, 1, { bias: false }), 1e-3));
    const deep = m.bn('bn2', m.conv('depthwise', wide, 12, 5, { padding: 2, groups: 12, bias: false }), 1e-3);
    const scaled = m.hardswish('act2', squeeze(m, 'se', deep, 4));
    const out = m.add('sum', m.bn('bn3', m.conv('project', scaled, 8, 1, { bias: false }), 1e-3), stem);
    m.softmax('prob', m.fc('classifier', m.gap('pool', out), 5));
  },
  'U-Net': (m) => {
    const down1 = m.relu('relu1', m.conv('down1', m.input('data', [1, 3, 12, 16]), 6, 3, { padding: 1 }));
    const down2 = m.relu('relu2', m.conv('down2', m.maxpool('pool1', down1, { kernel: 2 }), 8, 3, { padding: 1 }));
    const up = m.deconv('up1', down2, 6, 2, { stride: 2 });
    const joined = m.relu('relu3', m.conv('dec1', m.cat('cat1', [up, down1]), 6, 3, { padding: 1 }));
    m.act('mask', 'Sigmoid', m.conv('head', joined, 2, 1), t.sigmoid);
  },
  'dilated context with PReLU': (m) => {
    const a = m.conv('conv1', m.input('data', IMAGE), 6, 3, { padding: 1 });
    const slopes = m.values([6], 0.2, 0.2);
    const act1 = m.act('prelu1', 'PReLU', a, (x) => t.prelu(x, slopes));
    m.params('prelu1', slopes);
    const b = m.conv('conv2', act1, 6, 3, { padding: 2, dilation: 2 });
    const slope = m.values([1], 0.1, 0.2);
    const act2 = m.act('prelu2', 'PReLU', b, (x) => t.prelu(x, slope), 'prelu_param { channel_shared: true }');
    m.params('prelu2', slope);
    m.conv('conv3', act2, 4, 3, { padding: 4, dilation: 4 });
  },
  poolings: (m) => {
    const a = m.relu('relu1', m.conv('conv1', m.input('data', [2, 3, 15, 13]), 6, 3, { padding: 1 }), true);
    const b = m.avgpool('avg1', a, { kernel: 3, stride: 2, padding: 1 });
    const c = m.maxpool('max1', b, { kernel: 3, stride: 2, ceil: true });
    m.fc('fc', m.conv('conv2', c, 6, 2), 4);
  },
  GroupNorm: (m) => {
    const a = m.conv('conv1', m.input('data', IMAGE), 8, 3, { padding: 1 });
    const b = m.relu('relu1', normalizedRows(m, 'gn1', a, 4, 1));
    m.relu('relu2', normalizedRows(m, 'gn2', m.conv('conv2', b, 6, 3, { stride: 2 }), 3, 1));
  },
  LayerNorm: (m) => {
    const tokens = m.input('tokens', [5, 12]);
    const a = m.fc('fc1', normalizedRows(m, 'ln1', tokens, 5, 1), 16);
    const b = m.fc('fc2', m.act('silu', 'Swish', a, t.silu), 12);
    normalizedRows(m, 'ln2', m.add('residual', b, tokens), 5, 1);
  },
  'InstanceNorm and upsampling': (m) => {
    const a = m.relu(
      'relu1',
      normalizedRows(m, 'in1', m.conv('conv1', m.input('data', IMAGE), 6, 5, { padding: 2, stride: 2 }), 6, 1),
    );
    m.layer(
      'up',
      'Deconvolution',
      ['relu1'],
      'convolution_param { num_output: 6 group: 6 kernel_size: 2 stride: 2 bias_term: false weight_filler { type: "constant" value: 1 } }',
    );
    m.params('up', t.tensor([6, 1, 2, 2], Array<number>(24).fill(1)));
    const up = m.is(
      'up',
      'up',
      m.computed('up', [a.x], () => t.upsampleNearest(a.x, 2)),
    );
    m.act('image', 'TanH', m.conv('conv2', up, 3, 3, { padding: 1 }), t.tanh);
  },
  'bidirectional LSTM': (m) => {
    const x = m.input('data', [6, 1, 5]);
    m.layer('cont', 'Input', [], 'input_param { shape { dim: 6 dim: 1 } }');
    m.inputs.cont = { shape: [6, 1], data: Float32Array.from([0, 1, 1, 1, 1, 1]) };
    const forward = lstm(m, 'forward', x, 'cont', 4, 'forward');
    const turned = reversed(m, 'turn', x);
    const backward = lstm(m, 'backward', turned, 'cont', 4);
    const back = reversed(m, 'back', backward);
    const both = m.cat('lstm', [forward, back], 2);
    const [w, b] = [m.values([3, 8], 0.5), m.values([3], 0.3)];
    m.layer('fc', 'InnerProduct', [both.blob], 'inner_product_param { num_output: 3 axis: 2 }');
    m.params('fc', w, b);
    const scores = m.is('fc', 'fc', t.linear(both.x, w, b));
    m.softmax('prob', scores, 2);
  },
  'SSD head': (m) => {
    const a = m.relu('conv1_relu', m.conv('conv1', m.input('data', IMAGE, 60), 8, 3, { padding: 1, stride: 2 }));
    const w = m.values([8], 3, 10);
    m.layer('norm', 'Normalize', [a.blob], 'norm_param { across_spatial: false channel_shared: false }');
    m.params('norm', w);
    const norm = m.is('norm', 'norm', t.mul(t.l2Normalize(a.x), t.reshape(w, [1, 8, 1, 1])));
    const b = m.relu('conv2_relu', m.conv('conv2', a, 8, 3, { padding: 1, stride: 2 }));
    const heads = [norm, b].map((value, i) => {
      const conf = m.conv(`conf${i}`, value, 6, 3, { padding: 1 });
      const turned = m.act(
        `conf${i}_perm`,
        'Permute',
        conf,
        (x) => t.permute(x, [0, 2, 3, 1]),
        'permute_param { order: 0 order: 2 order: 3 order: 1 }',
      );
      return m.act(`conf${i}_flat`, 'Flatten', turned, (x) => t.reshape(x, [1, x.data.length]));
    });
    const conf = m.cat('conf', heads);
    m.softmax('prob', m.reshape('conf_rows', conf, [1, conf.x.data.length / 3, 3], 'conf_rows'), 2);
  },
  ShuffleNet: (m) => {
    const a = m.relu('relu1', m.conv('conv1', m.input('data', IMAGE), 12, 3, { padding: 1, stride: 2 }));
    const b = m.conv('gconv1', a, 12, 1, { groups: 3 });
    const c = m.act(
      'shuffle',
      'ShuffleChannel',
      b,
      (x) => t.channelShuffle(x, 3),
      'shuffle_channel_param { group: 3 }',
    );
    const d = m.conv('gconv2', m.conv('dw', c, 12, 3, { padding: 1, groups: 12 }), 12, 1, { groups: 3 });
    m.relu('out', m.cat('cat', [d, a]));
  },
  'grouped deconvolutions': (m) => {
    const a = m.act('elu', 'ELU', m.conv('conv1', m.input('data', [1, 3, 6, 5]), 6, 3, { padding: 1 }), (x) =>
      t.elu(x),
    );
    const b = m.act(
      'leaky',
      'ReLU',
      m.deconv('up1', a, 9, 3, { stride: 2, padding: 1, groups: 3 }),
      (x) => t.leakyRelu(x, 0.2),
      'relu_param { negative_slope: 0.2 }',
    );
    m.deconv('up2', b, 4, 4, { stride: 2, padding: 1 });
  },
  ResNet: (m) => {
    const stem = m.relu(
      'relu0',
      m.bn('bn0', m.conv('conv0', m.input('data', [1, 3, 20, 16], 2), 8, 7, { stride: 2, padding: 3, bias: false })),
      true,
    );
    const pooled = m.maxpool('pool0', stem, { kernel: 3, stride: 2, padding: 1 });
    const a = m.relu(
      'b1_relu1',
      m.bn('b1_bn1', m.conv('b1_conv1', pooled, 12, 3, { stride: 2, padding: 1, bias: false })),
    );
    const b = m.bn('b1_bn2', m.conv('b1_conv2', a, 12, 3, { padding: 1, bias: false }));
    const short = m.bn('b1_down_bn', m.conv('b1_down', pooled, 12, 1, { stride: 2, bias: false }));
    m.fc('fc', m.gap('avg', m.relu('b1_relu2', m.add('b1_sum', b, short))), 6);
  },
  'Inception with LRN': (m) => {
    const a = m.relu('conv1_relu', m.conv('conv1', m.input('data', IMAGE, 3), 8, 3, { padding: 1 }));
    const norm = m.act('norm1', 'LRN', a, (x) => t.lrn(x, 5, 0.5), 'lrn_param { local_size: 5 alpha: 0.5 beta: 0.75 }');
    const parts = [
      m.relu('r1', m.conv('i1', norm, 4, 1)),
      m.relu('r2', m.conv('i3', norm, 5, 3, { padding: 1 })),
      m.relu('r3', m.conv('i5', norm, 3, 5, { padding: 2 })),
      m.conv('ip', m.maxpool('ipool', norm, { kernel: 3, stride: 1, padding: 1 }), 4, 1),
    ];
    m.softmax('prob', m.fc('fc', m.cat('inception', parts), 5));
  },
  'gated linear units': (m) => {
    const a = m.conv('conv1', m.input('data', [1, 1, 9, 8]), 10, [3, 5], { padding: [1, 2] });
    m.layer('split', 'Slice', [a.blob], 'slice_param { axis: 1 slice_point: 5 }', ['value', 'gate_in']);
    const [value, gate] = [t.narrow(a.x, 1, 0, 5), t.narrow(a.x, 1, 5, 10)];
    m.layer('gate', 'Sigmoid', ['gate_in']);
    m.is('gate', 'gate', t.sigmoid(gate));
    m.layer('glu', 'Eltwise', ['value', 'gate'], 'eltwise_param { operation: PROD }');
    const glu = m.is('glu', 'glu', t.mul(value, t.sigmoid(gate)));
    m.act('soft', 'BNLL', m.conv('conv2', glu, 4, [5, 1], { stride: [2, 1], padding: [0, 1] }), t.softplus);
  },
  'Siamese with shared weights': (m) => {
    const [a, b] = [m.input('left', IMAGE), m.input('right', IMAGE)];
    const [w, bias] = [m.values([6, 3, 3, 3], 0.3), m.values([6], 0.3)];
    const branch = ({ blob, x }: Value, name: string) => {
      m.layer(
        name,
        'Convolution',
        [blob],
        'param { name: "w" } param { name: "b" } convolution_param { num_output: 6 kernel_size: 3 }',
      );
      m.params(name, w, bias);
      return m.fc(`${name}_fc`, m.relu(`${name}_relu`, m.is(name, name, t.conv2d(x, w, bias)), true), 4);
    };
    const [left, right] = [branch(a, 'conv_left'), branch(b, 'conv_right')];
    m.layer('difference', 'Eltwise', [left.blob, right.blob], 'eltwise_param { coeff: 1 coeff: -1 }');
    const difference = m.is(
      'difference',
      'difference',
      t.add(
        left.x,
        t.map(right.x, (v) => -v),
      ),
    );
    m.act('distance', 'AbsVal', difference, (x) => t.map(x, Math.abs));
  },
  'detector with mean and deviation': (m) => {
    const a = m.relu('relu1', m.conv('conv1', m.input('data', IMAGE, 120, 5), 8, 3, { padding: 1, stride: 2 }));
    const b = m.act(
      'leaky2',
      'ReLU',
      m.bn('bn2', m.conv('conv2', a, 8, 3, { padding: 1, bias: false })),
      (x) => t.leakyRelu(x, 0.1),
      'relu_param { negative_slope: 0.1 }',
      true,
    );
    m.act('obj', 'Sigmoid', m.conv('obj_conv', b, 3, 1), t.sigmoid);
    m.conv('box', b, 4, 1);
  },
  'transformed features': (m) => {
    const a = m.act(
      'relu6',
      'Clip',
      m.conv('conv1', m.input('data', IMAGE, 4), 6, 3, { padding: 1 }),
      t.relu6,
      'clip_param { min: 0 max: 6 }',
    );
    const b = m.maxpool('pool', a, { kernel: 2 });
    const c = m.act('flat', 'Flatten', b, (x) => t.reshape(x, [1, x.data.length]));
    const d = m.act('act', 'ELU', m.fc('fc1', c, 10), (x) => t.elu(x, 0.7), 'elu_param { alpha: 0.7 }');
    m.act('log', 'Log', m.softmax('soft', m.fc('fc2', d, 5)), (x) => t.map(x, Math.log));
  },
  'batch of images': (m) => {
    const a = m.relu('relu1', m.bn('bn1', m.conv('conv1', m.input('data', [3, 3, 9, 9]), 6, 3, { padding: 1 })));
    m.softmax('prob', m.fc('fc2', m.relu('relu2', m.fc('fc1', m.avgpool('pool', a, { kernel: 3 }), 8)), 4));
  },
  'sub-pixel convolution': (m) => {
    const a = m.relu('relu1', m.conv('conv1', m.input('data', [1, 1, 7, 6]), 6, 5, { padding: 2 }));
    const b = m.conv('conv2', a, 4, 3, { padding: 1 });
    const w = t.tensor(
      [4, 1, 2, 2],
      Array.from({ length: 16 }, (_, i) => (i % 4 === Math.floor(i / 4) ? 1 : 0)),
    );
    m.layer(
      'shuffle',
      'Deconvolution',
      [b.blob],
      'convolution_param { num_output: 1 kernel_size: 2 stride: 2 bias_term: false }',
    );
    m.params('shuffle', w);
    m.is('shuffle', 'shuffle', t.pixelShuffle(b.x, 2));
  },
  'pyramid with crops': (m) => {
    const data = m.input('data', [1, 3, 15, 13]);
    const c1 = m.relu('relu1', m.conv('conv1', data, 6, 3, { padding: 1, stride: 2 }));
    const c2 = m.relu('relu2', m.conv('conv2', c1, 6, 3, { padding: 1, stride: 2 }));
    const lateral = m.conv('lateral1', c1, 5, 1);
    const top = m.conv('lateral2', c2, 5, 1);
    const up = m.deconv('up2', top, 5, 4, { stride: 2, padding: 1, groups: 5 });
    m.layer('crop', 'Crop', [up.blob, lateral.blob], 'crop_param { axis: 2 offset: 0 }');
    const [h, w] = [lateral.x.shape[2]!, lateral.x.shape[3]!];
    const cropped = m.is('crop', 'crop', t.narrow(t.narrow(up.x, 2, 0, h), 3, 0, w));
    m.conv('smooth', m.add('merged', cropped, lateral), 5, 3, { padding: 1 });
  },
};
