/**
 * composed: models whose modules are many layers of Caffe (a layer normalization, GELU, causal convolutions, a factorization machine), with
 * the faults that were not told at first.
 */
import * as t from '../../support/torch64.js';
import { all, each, edit, fed, gelu, to32, to64, values, type ModelFault } from './changes.js';
import type { Model, Value } from './model.js';

const part = (v: Value, blob: string, a: number, b: number, axis = 1): Value => ({
  blob,
  x: t.narrow(v.x, axis, a, b),
});
const geluTanh = (x: t.T64) =>
  t.map(x, (v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))));
/** Linear over the last axis of a 4-d blob. */
function linearLast(m: Model, name: string, { blob, x }: Value, out: number): Value {
  const c = x.shape.at(-1)!;
  const [w, b] = [m.values([out, c], Math.sqrt(3 / c)), m.values([out], 0.3)];
  m.layer(name, 'InnerProduct', [blob], `inner_product_param { num_output: ${out} axis: 3 }`);
  m.params(name, w, b);
  return m.is(
    name,
    name,
    m.computed(name, [x, w, b], () => t.linear(x, w, b)),
  );
}
function bnHere(m: Model, name: string, { blob, x }: Value): Value {
  const c = x.shape[1]!;
  const [w, b, mean, variance] = [
    m.values([c], 0.4, 1),
    m.values([c], 0.3),
    m.values([c], 0.3),
    m.values([c], 0.4, 0.6),
  ];
  m.layer(name, 'BatchNorm', [blob], '', [blob]);
  m.layer(`${name}_scale`, 'Scale', [blob], 'scale_param { bias_term: true }', [blob]);
  m.params(
    name,
    t.map(mean, (v) => Math.fround(v * 32)),
    t.map(variance, (v) => Math.fround(v * 32)),
    t.tensor([1], [32]),
  );
  m.params(`${name}_scale`, w, b);
  return m.is(
    name,
    blob,
    m.computed(name, [x, w, b, mean, variance], () => t.batchNorm(x, [w, b, mean, variance])),
  );
}
/** A convolution along time that sees nothing later. */
function causal(m: Model, name: string, { blob, x }: Value, out: number, d: number): Value {
  const c = x.shape[1]!;
  const [w, b] = [m.values([out, c, 1, 3], Math.sqrt(1 / c)), m.values([out], 0.3)];
  m.layer(
    `${name}_wide`,
    'Convolution',
    [blob],
    `convolution_param { num_output: ${out} kernel_h: 1 kernel_w: 3 pad_h: 0 pad_w: ${2 * d} dilation: 1 dilation: ${d} }`,
  );
  m.params(`${name}_wide`, w, b);
  m.layer(name, 'Crop', [`${name}_wide`, blob], 'crop_param { axis: 3 offset: 0 }');
  const wide = m.computed(name, [x, w, b], () => t.conv2d(x, w, b, { padding: [0, 2 * d], dilation: [1, d] }));
  return m.is(name, name, t.narrow(wide, 3, 0, x.shape[3]!));
}
const sum3 = (a: t.T64, b: t.T64, c: t.T64) => t.add(t.add(a, b), c);
function fire(m: Model, name: string, v: Value, s: number, e: number): Value {
  const q = m.relu(`${name}_squeeze_relu`, m.conv(`${name}_squeeze`, v, s, 1), true);
  const a = m.relu(`${name}_expand1_relu`, m.conv(`${name}_expand1`, q, e, 1), true);
  const b = m.relu(`${name}_expand3_relu`, m.conv(`${name}_expand3`, q, e, 3, { padding: 1 }), true);
  return m.cat(`${name}_concat`, [a, b]);
}
function block(m: Model, name: string, v: Value): Value {
  const c = v.x.shape[1]!;
  const a = m.conv(`${name}_conv1`, m.relu(`${name}_relu1`, m.bn(`${name}_bn1`, v)), c, 3, { padding: 1, bias: false });
  const b = m.conv(`${name}_conv2`, m.relu(`${name}_relu2`, m.bn(`${name}_bn2`, a), true), c, 3, { padding: 1 });
  return m.add(`${name}_sum`, b, v);
}
function peakOver(m: Model, name: string, { blob, x }: Value): Value {
  const [n, c, h] = x.shape as [number, number, number];
  m.layer(name, 'Pooling', [blob], 'pooling_param { pool: MAX global_pooling: true }');
  return m.is(
    name,
    name,
    t.tensor(
      [n, c, 1, 1],
      Array.from({ length: n * c }, (_, i) => Math.max(...x.data.slice(i * h, (i + 1) * h))),
    ),
  );
}

export const COMPOSED_NETS: Record<string, (m: Model) => void> = {
  frames: (m) => {
    const first = m.conv('first', m.input('frames', [2, 4, 10, 10], 0.5, 0.5), 6, 3, { stride: 2 });
    // x · min(relu(x + 3), 6) / 6, some of it in place.
    m.layer('hswish_plus', 'Power', [first.blob], 'power_param { shift: 3 }');
    m.layer('hswish_least', 'ReLU', ['hswish_plus'], '', ['hswish_plus']);
    m.layer('hswish_turned', 'Power', ['hswish_plus'], 'power_param { scale: -1 shift: 6 }');
    m.layer('hswish_most', 'ReLU', ['hswish_turned'], '', ['hswish_turned']);
    m.layer('hswish_gate', 'Power', ['hswish_turned'], 'power_param { scale: -0.16666667 shift: 1 }');
    m.layer('hswish', 'Eltwise', [first.blob, 'hswish_gate'], 'eltwise_param { operation: PROD }');
    const second = m.conv('second', m.is('hswish', 'hswish', t.hardswish(first.x)), 4, 3);
    m.act('size', 'Exp', second, (x) => t.map(x, Math.exp));
  },
  tokens: (m) => {
    const rows = m.reshape('rows', m.conv('patches', m.input('data', [1, 3, 12, 16]), 4, 2, { stride: 2 }), [1, 4, 48]);
    m.fc('fc', m.act('tanh', 'TanH', rows, t.tanh), 5);
  },
  ConvNeXt: (m) => {
    const stem = m.conv('stem', m.input('data', [1, 3, 16, 12]), 6, 2, { stride: 2 });
    const dw = m.conv('dw', stem, 6, 5, { padding: 2, groups: 6 });
    const rows = m.act(
      'to_rows',
      'Permute',
      dw,
      (x) => t.permute(x, [0, 2, 3, 1]),
      'permute_param { order: 0 order: 2 order: 3 order: 1 }',
    );
    m.layer('norm_rows', 'Reshape', [rows.blob], 'reshape_param { shape { dim: 8 dim: 6 dim: 1 dim: 6 } }');
    m.layer('norm_mvn', 'MVN', ['norm_rows'], 'mvn_param { eps: 1e-9 }');
    m.layer('norm_back', 'Reshape', ['norm_mvn'], 'reshape_param { shape { dim: 1 dim: 8 dim: 6 dim: 6 } }');
    m.layer('norm', 'Scale', ['norm_back'], 'scale_param { axis: 3 bias_term: true }');
    const [w, b] = [m.values([6], 0.4, 1), m.values([6], 0.3)];
    m.params('norm', w, b);
    const norm = m.is(
      'norm',
      'norm',
      m.computed('norm', [rows.x, w, b], () => t.layerNorm(rows.x, w, b, 1e-9)),
    );
    const wide = linearLast(m, 'pw1', norm, 12);
    m.layer('gelu_cube', 'Power', [wide.blob], 'power_param { power: 3 }');
    m.layer(
      'gelu_inner',
      'Eltwise',
      [wide.blob, 'gelu_cube'],
      'eltwise_param { coeff: 0.7978845608 coeff: 0.0356774081 }',
    );
    m.layer('gelu_tanh', 'TanH', ['gelu_inner']);
    m.layer('gelu_gate', 'Power', ['gelu_tanh'], 'power_param { scale: 0.5 shift: 0.5 }');
    m.layer('gelu', 'Eltwise', [wide.blob, 'gelu_gate'], 'eltwise_param { operation: PROD }');
    const act = m.is(
      'gelu',
      'gelu',
      m.computed('gelu', [wide.x], () => geluTanh(wide.x)),
    );
    const thin = linearLast(m, 'pw2', act, 6);
    const gamma = m.values([6], 0.4, 0.6);
    m.layer('gamma', 'Scale', [thin.blob], 'scale_param { axis: 3 bias_term: false }');
    m.params('gamma', gamma);
    const scaled = m.is('gamma', 'gamma', t.mul(thin.x, t.reshape(gamma, [1, 1, 1, 6])));
    const image = m.act(
      'to_image',
      'Permute',
      scaled,
      (x) => t.permute(x, [0, 3, 1, 2]),
      'permute_param { order: 0 order: 3 order: 1 order: 2 }',
    );
    m.fc('head', m.gap('gap', m.add('sum', stem, image)), 5);
  },
  'temporal convolutions': (m) => {
    let x = m.conv('start', m.input('wave', [2, 3, 1, 18]), 6, 1);
    const skips: Value[] = [];
    for (const [i, d] of [1, 2, 4].entries()) {
      const both = causal(m, `conv${i}`, x, 8, d);
      m.layer(`split${i}`, 'Slice', [both.blob], 'slice_param { axis: 1 slice_point: 4 }', [
        `filter${i}_in`,
        `gate${i}_in`,
      ]);
      const f = m.act(`filter${i}`, 'TanH', part(both, `filter${i}_in`, 0, 4), t.tanh);
      const g = m.act(`gate${i}`, 'Sigmoid', part(both, `gate${i}_in`, 4, 8), t.sigmoid);
      m.layer(`gated${i}`, 'Eltwise', [f.blob, g.blob], 'eltwise_param { operation: PROD }');
      const z = m.is(`gated${i}`, `gated${i}`, t.mul(f.x, g.x));
      skips.push(m.conv(`skip${i}`, z, 5, 1));
      x = m.add(`res${i}`, m.conv(`res_conv${i}`, z, 6, 1), x);
    }
    m.layer(
      'skips',
      'Eltwise',
      skips.map(({ blob }) => blob),
    );
    const s = m.is('skips', 'skips', sum3(skips[0]!.x, skips[1]!.x, skips[2]!.x));
    m.softmax('prob', m.conv('end', m.relu('end_relu', s), 5, 1));
  },
  'factorization machine': (m) => {
    const parts = ['user', 'item', 'place'].map((field, k) => {
      const table = m.values([7, 5], 1);
      const ids = Float32Array.from({ length: 6 }, (_, i) => (i * (k + 2) + k) % 6);
      m.layer(`${field}_id`, 'Input', [], 'input_param { shape { dim: 6 } }');
      m.inputs[`${field}_id`] = { shape: [6], data: ids };
      m.layer(field, 'Embed', [`${field}_id`], 'embed_param { num_output: 5 input_dim: 7 bias_term: false }');
      m.params(field, table);
      return m.is(
        field,
        field,
        t.cat(
          [...ids].map((id) => t.narrow(table, 0, id, id + 1)),
          0,
        ),
      );
    });
    const [u, v, p] = parts.map(({ x }) => x) as [t.T64, t.T64, t.T64];
    m.layer(
      'total',
      'Eltwise',
      parts.map(({ blob }) => blob),
    );
    const total = m.is('total', 'total', sum3(u, v, p));
    m.layer('total_square', 'Power', ['total'], 'power_param { power: 2 }');
    for (const { blob } of parts) m.layer(`${blob}_square`, 'Power', [blob], 'power_param { power: 2 }');
    m.layer(
      'squares',
      'Eltwise',
      parts.map(({ blob }) => `${blob}_square`),
    );
    m.layer('interactions', 'Eltwise', ['total_square', 'squares'], 'eltwise_param { coeff: 1 coeff: -1 }');
    const square = (x: t.T64) => t.map(x, (y) => y * y);
    const inter = m.is(
      'interactions',
      'interactions',
      t.zip(square(total.x), sum3(square(u), square(v), square(p)), (a, b) => a - b),
    );
    m.layer('fm', 'Reduction', ['interactions'], 'reduction_param { operation: SUM axis: 1 coeff: 0.5 }');
    const fm = m.is(
      'fm',
      'fm',
      t.tensor(
        [6],
        Array.from({ length: 6 }, (_, i) => 0.5 * inter.x.data.slice(i * 5, i * 5 + 5).reduce((a, b) => a + b, 0)),
      ),
    );
    m.layer('fm_column', 'Reshape', ['fm'], 'reshape_param { shape { dim: 6 dim: 1 } }');
    const h = m.relu('deep_relu1', m.fc('deep1', m.cat('deep_in', parts), 8));
    const h2 = m.relu('deep_relu2', m.fc('deep2', m.bn('deep_bn', h), 8), true);
    const deep = m.fc('deep3', h2, 1);
    m.act('click', 'Sigmoid', m.add('logit', deep, { blob: 'fm_column', x: t.reshape(fm.x, [6, 1]) }), t.sigmoid);
  },
  'stacked hourglass': (m) => {
    const x = m.conv('hg_stem', m.input('data', [2, 3, 12, 8]), 6, 3, { padding: 1 });
    const high = block(m, 'hg_high', x);
    const low = block(m, 'hg_low', m.maxpool('hg_pool', x, { kernel: 2, stride: 2 }));
    m.layer(
      'hg_up',
      'Deconvolution',
      [low.blob],
      'convolution_param { num_output: 6 group: 6 kernel_size: 2 stride: 2 bias_term: false }',
    );
    m.params('hg_up', t.tensor([6, 1, 2, 2], Array<number>(24).fill(1)));
    const up = m.is(
      'hg_up',
      'hg_up',
      m.computed('hg_up', [low.x], () => t.upsampleNearest(low.x, 2)),
    );
    const y = m.add('hg_join', high, up);
    m.conv('hg_heat', m.relu('hg_relu', m.bn('hg_bn', y)), 4, 1);
    for (const [name, value] of Object.entries(m.references)) {
      m.forget(name);
      m.references[name.replace(/^hg_/, 'hg.').replace(/^(hg\.(?:high|low))_/, '$1.')] = value;
    }
  },
  SqueezeNet: (m) => {
    const a = m.relu('relu1', m.conv('conv1', m.input('data', [1, 3, 25, 25], 2), 8, 3, { stride: 2 }), true);
    const b = fire(m, 'fire2', m.maxpool('pool1', a, { kernel: 3, stride: 2, ceil: true }), 4, 5);
    const c = fire(m, 'fire3', b, 4, 5);
    const d = m.act('drop9', 'Dropout', c, (x) => x, 'dropout_param { dropout_ratio: 0.5 }', true);
    m.softmax('prob', m.gap('pool10', m.relu('relu10', m.conv('conv10', d, 6, 1), true)));
  },
  'PointNet segmentation': (m) => {
    const x = m.input('points', [2, 3, 14, 1], 1);
    const a = m.relu('relu1', bnHere(m, 'bn1', m.conv('mlp1', x, 6, 1, { bias: false })), true);
    const b = m.relu('relu2', bnHere(m, 'bn2', m.conv('mlp2', a, 8, 1)), true);
    const g = peakOver(m, 'peak', b);
    m.layer('everywhere', 'Tile', [g.blob], 'tile_param { axis: 2 tiles: 14 }');
    const tiled = t.tensor(
      [2, 8, 14, 1],
      Array.from({ length: 224 }, (_, i) => g.x.data[Math.floor(i / 14)]!),
    );
    const both = m.cat('both', [a, m.is('everywhere', 'everywhere', tiled)]);
    const c = m.relu('relu3', bnHere(m, 'bn3', m.conv('seg1', both, 6, 1)), true);
    m.softmax('prob', m.conv('seg2', c, 6, 1));
  },
};

const ones = each(() => 1);

export const COMPOSED_FAULTS: readonly ModelFault[] = [
  {
    net: 'frames',
    fault: 'four channels from 0 to 255',
    layer: 'first',
    causes: ['input-range'],
    spoil: fed(
      'frames',
      each((v) => v * 255),
    ),
  },
  {
    net: 'frames',
    fault: 'another limit within Hardswish',
    layer: 'hswish',
    causes: ['activation'],
    spoil: edit('hswish_turned', 'shift: 6', 'shift: 3'),
  },
  {
    net: 'frames',
    fault: 'Sigmoid for Exp',
    layer: 'size',
    causes: ['activation'],
    spoil: edit('size', '"Exp"', '"Sigmoid"'),
  },
  {
    net: 'tokens',
    fault: 'the axes of a Reshape exchanged',
    layer: 'tanh',
    causes: ['reshape-dims'],
    spoil: edit('rows', 'dim: 4 dim: 48', 'dim: 48 dim: 4'),
  },
  { net: 'ConvNeXt', fault: 'the exact GELU in the model', layer: 'gelu', causes: ['activation'], otherwise: { gelu } },
  {
    net: 'ConvNeXt',
    fault: 'layer scale left at 1',
    layer: 'gamma',
    causes: ['batch-norm-fold'],
    spoil: values('gamma', 0, ones),
  },
  {
    net: 'ConvNeXt',
    fault: 'eps of 0.1 in the model',
    layer: 'norm',
    causes: ['mvn'],
    otherwise: { norm: (x, w, b) => t.layerNorm(x, w, b, 0.1) },
  },
  {
    net: 'ConvNeXt',
    fault: 'rows to height and width exchanged',
    layer: 'to_rows',
    causes: ['permute-order', 'reshape-dims'],
    spoil: all(
      edit('to_rows', 'order: 2 order: 3', 'order: 3 order: 2'),
      edit('norm_rows', 'dim: 8 dim: 6', 'dim: 6 dim: 8'),
      edit('norm_back', 'dim: 8 dim: 6', 'dim: 6 dim: 8'),
      edit('to_image', 'order: 3 order: 1 order: 2', 'order: 3 order: 2 order: 1'),
    ),
  },
  {
    net: 'temporal convolutions',
    fault: 'no dilation',
    layer: 'conv1',
    causes: ['convolution-window'],
    spoil: edit('conv1_wide', 'pad_w: 4 dilation: 1 dilation: 2', 'pad_w: 2'),
  },
  {
    net: 'factorization machine',
    fault: 'identifiers from 1',
    layer: 'user',
    causes: ['index-origin'],
    spoil: fed(
      'user_id',
      each((v) => v + 1),
    ),
  },
  {
    net: 'stacked hourglass',
    fault: 'normalization in place over the shortcut',
    layer: 'hg_low_sum',
    causes: ['in-place'],
    spoil: all(
      edit('hg_low_bn1', 'top: "hg_low_bn1"', 'top: "hg_pool"'),
      edit('hg_low_bn1_scale', 'bottom: "hg_low_bn1"', 'bottom: "hg_pool"'),
    ),
  },
  {
    net: 'SqueezeNet',
    fault: 'dropout active',
    layer: 'drop9',
    causes: ['dropout-active'],
    otherwise: {},
    spoil: (port) => {
      port.references.drop9 = each((v, i) => (i % 2 ? 0 : v * 2))(port.references.drop9!);
    },
    unmendable: true,
  },
  {
    net: 'PointNet segmentation',
    fault: 'the factor of the statistics taken as 1',
    layer: 'bn2',
    causes: ['batch-norm-factor'],
    spoil: values('bn2', 2, ones),
  },
  {
    net: 'PointNet segmentation',
    fault: 'points fed as rows',
    layer: 'mlp1',
    causes: ['input-layout'],
    spoil: fed('points', (x) => ({ ...to32(t.permute(to64(x), [0, 2, 1, 3])), shape: x.shape })),
  },
];
