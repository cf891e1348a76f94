/** more-nets: further small models, and forms in which Caffe's own nets have them: in place, folded, cut, shared. */
import * as t from '../../support/torch64.js';
import { type Model, type Value } from './model.js';
import { lstm } from './nets.js';

const IMAGE = [1, 3, 14, 12];

/** BatchNorm and Scale in place, as most of Caffe's nets have them. */
function bnInPlace(m: Model, name: string, { blob, x }: Value, eps = 1e-5): Value {
  const c = x.shape[1]!;
  const [w, b] = [m.values([c], 0.4, 1), m.values([c], 0.3)];
  const [mean, variance] = [m.values([c], 0.3), m.values([c], 0.4, 0.6)];
  m.layer(name, 'BatchNorm', [blob], `batch_norm_param { eps: ${eps} }`, [blob]);
  m.layer(`${name}_scale`, 'Scale', [blob], 'scale_param { bias_term: true }', [blob]);
  m.params(name, mean, variance, t.tensor([1], [1]));
  m.params(`${name}_scale`, w, b);
  return m.is(
    name,
    blob,
    m.computed(name, [x, w, b, mean, variance], () => t.batchNorm(x, [w, b, mean, variance], eps)),
  );
}

/** A convolution that has its normalization within. The dump has the output of both modules. */
export function folded(
  m: Model,
  [conv, bn]: readonly [string, string],
  { blob, x }: Value,
  [out, kernel]: readonly [number, number],
  [options, settings]: readonly [t.ConvOptions, string],
): Value {
  const inputs = x.shape[1]! / (options.groups ?? 1);
  const w = m.values([out, inputs, kernel, kernel], Math.sqrt(3 / (inputs * kernel * kernel)));
  const [gamma, beta] = [m.values([out], 0.4, 1), m.values([out], 0.3)];
  const [mean, variance] = [m.values([out], 0.3), m.values([out], 0.4, 0.6)];
  const factor = t.zip(gamma, variance, (g, v) => g / Math.sqrt(v + 1e-5));
  m.layer(conv, 'Convolution', [blob], `convolution_param { num_output: ${out} kernel_size: ${kernel} ${settings} }`);
  m.params(
    conv,
    t.mul(w, t.reshape(factor, [out, 1, 1, 1])),
    t.zip(beta, t.mul(mean, factor), (b, v) => b - v),
  );
  const y = m.is(conv, conv, t.conv2d(x, w, undefined, options)).x;
  return m.is(
    bn,
    conv,
    m.computed(bn, [x, w, gamma, beta, mean, variance], () => t.batchNorm(y, [gamma, beta, mean, variance])),
  );
}

/** Nearest neighbour, by a deconvolution of each channel. */
function nearest(m: Model, name: string, { blob, x }: Value, factor: number): Value {
  const c = x.shape[1]!;
  m.layer(
    name,
    'Deconvolution',
    [blob],
    `convolution_param { num_output: ${c} group: ${c} kernel_size: ${factor} stride: ${factor} bias_term: false weight_filler { type: "constant" value: 1 } }`,
  );
  m.params(name, t.tensor([c, 1, factor, factor], Array<number>(c * factor * factor).fill(1)));
  return m.is(
    name,
    name,
    m.computed(name, [x], () => t.upsampleNearest(x, factor)),
  );
}

/** SiLU of Sigmoid and Eltwise. */
function silu(m: Model, name: string, { blob, x }: Value): Value {
  m.layer(`${name}_gate`, 'Sigmoid', [blob]);
  m.layer(name, 'Eltwise', [blob, `${name}_gate`], 'eltwise_param { operation: PROD }');
  return m.is(
    name,
    name,
    m.computed(name, [x], () => t.silu(x)),
  );
}

/** ReLU6 of layers that Caffe 1.0 has. */
function relu6(m: Model, name: string, { blob, x }: Value): Value {
  m.layer(`${name}_positive`, 'ReLU', [blob]);
  m.layer(`${name}_turned`, 'Power', [`${name}_positive`], 'power_param { scale: -1 shift: 6 }');
  m.layer(`${name}_limited`, 'ReLU', [`${name}_turned`]);
  m.layer(name, 'Power', [`${name}_limited`], 'power_param { scale: -1 shift: 6 }');
  return m.is(name, name, t.relu6(x));
}

function prelu(m: Model, name: string, { blob, x }: Value, isInPlace = true): Value {
  const slopes = m.values([x.shape[1]!], 0.2, 0.25);
  const top = m.layer(name, 'PReLU', [blob], '', [isInPlace ? blob : name]);
  m.params(name, slopes);
  return m.is(
    name,
    top,
    m.computed(name, [x, slopes], () => t.prelu(x, slopes)),
  );
}

/** Each image's channels in groups, by MVN, then factors and offsets. */
function mvnGroups(m: Model, name: string, { blob, x }: Value, groups: number): Value {
  const [w, b] = [m.values([x.shape[1]!], 0.4, 1), m.values([x.shape[1]!], 0.3)];
  const dims = (shape: readonly number[]) => `reshape_param { shape { ${shape.map((d) => `dim: ${d}`).join(' ')} } }`;
  const isEach = groups === x.shape[1]!;
  if (!isEach) m.layer(`${name}_groups`, 'Reshape', [blob], dims([x.shape[0]!, groups, -1, 1]));
  m.layer(`${name}_mvn`, 'MVN', [isEach ? blob : `${name}_groups`], 'mvn_param { eps: 1e-9 }');
  if (!isEach) m.layer(`${name}_image`, 'Reshape', [`${name}_mvn`], dims(x.shape));
  m.layer(name, 'Scale', [isEach ? `${name}_mvn` : `${name}_image`], 'scale_param { bias_term: true }');
  m.params(name, w, b);
  return m.is(
    name,
    name,
    m.computed(name, [x, w, b], () => t.groupNorm(x, groups, w, b)),
  );
}

function tokens(shape: readonly number[], vocabulary: number): { shape: readonly number[]; data: Float32Array } {
  const data = Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => (i * 7 + 3) % vocabulary);
  return { shape, data };
}

function embedding(m: Model, name: string, ids: string, [steps, n]: readonly [number, number]): Value {
  const table = m.values([9, 5], 1);
  const given = tokens([steps, n], 9);
  m.layer(ids, 'Input', [], `input_param { shape { dim: ${steps} dim: ${n} } }`);
  m.inputs[ids] = given;
  m.layer(name, 'Embed', [ids], 'embed_param { num_output: 5 input_dim: 9 bias_term: false }');
  m.params(name, table);
  const rows = [...given.data].map((id) => t.narrow(table, 0, id, id + 1));
  return m.is(name, name, t.reshape(t.cat(rows, 0), [steps, n, 5]));
}

function contInput(m: Model, steps: number, n: number): void {
  m.layer('cont', 'Input', [], `input_param { shape { dim: ${steps} dim: ${n} } }`);
  m.inputs.cont = { shape: [steps, n], data: Float32Array.from({ length: steps * n }, (_, i) => (i < n ? 0 : 1)) };
}

/** Linear over the last axis of a sequence. */
function linear(m: Model, name: string, { blob, x }: Value, out: number): Value {
  const inputs = x.shape.at(-1)!;
  const [w, b] = [m.values([out, inputs], Math.sqrt(3 / inputs)), m.values([out], 0.3)];
  m.layer(name, 'InnerProduct', [blob], `inner_product_param { num_output: ${out} axis: ${x.shape.length - 1} }`);
  m.params(name, w, b);
  return m.is(
    name,
    name,
    m.computed(name, [x, w, b], () => t.linear(x, w, b)),
  );
}

/** All of a map's rows in each channel: max over time. */
function maxOverTime(m: Model, name: string, { blob, x }: Value): Value {
  const [n, c, h] = x.shape as [number, number, number];
  m.layer(name, 'Pooling', [blob], `pooling_param { kernel_h: ${h} kernel_w: 1 }`);
  const y = t.tensor(
    [n, c, 1, 1],
    Array.from({ length: n * c }, (_, i) => Math.max(...x.data.slice(i * h, (i + 1) * h))),
  );
  return m.is(name, name, y);
}

const repeated = (x: t.T64, [h, w]: readonly [number, number]): t.T64 =>
  t.tensor(
    [x.shape[0]!, x.shape[1]!, h, w],
    Array.from({ length: x.data.length * h * w }, (_, i) => x.data[Math.floor(i / (h * w))]!),
  );
const difference = (a: t.T64, b: t.T64) => t.zip(a, b, (p, q) => p - q);

/** References of convolutions whose normalization was folded into them: no layer gives these any more. */
export const FOLDED: Readonly<Record<string, number>> = { 'folded ResNet': 3, 'folded MobileNetV2': 4 };

export const MORE_NETS: Record<string, (m: Model) => void> = {
  'ShuffleNet V2 unit': (m) => {
    const stem = m.relu(
      'relu0',
      bnInPlace(m, 'bn0', m.conv('conv0', m.input('data', IMAGE), 8, 3, { bias: false })),
      true,
    );
    m.layer('chunk', 'Slice', [stem.blob], 'slice_param { axis: 1 slice_point: 4 }', ['keep', 'work']);
    const keep = { blob: 'keep', x: t.narrow(stem.x, 1, 0, 4) };
    const work = { blob: 'work', x: t.narrow(stem.x, 1, 4, 8) };
    const a = m.relu('relu1', bnInPlace(m, 'bn1', m.conv('pw1', work, 4, 1, { bias: false })), true);
    const b = bnInPlace(m, 'bn2', m.conv('dw', a, 4, 3, { padding: 1, groups: 4, bias: false }));
    const c = m.relu('relu3', bnInPlace(m, 'bn3', m.conv('pw2', b, 4, 1, { bias: false })), true);
    const joined = m.cat('cat', [keep, c]);
    const [, , h, w] = joined.x.shape as [number, number, number, number];
    m.layer(
      'shuffle_split',
      'Reshape',
      [joined.blob],
      `reshape_param { shape { dim: 1 dim: 2 dim: 4 dim: ${h * w} } }`,
    );
    m.layer('shuffle_turn', 'Permute', ['shuffle_split'], 'permute_param { order: 0 order: 2 order: 1 order: 3 }');
    m.layer(
      'shuffle_join',
      'Reshape',
      ['shuffle_turn'],
      `reshape_param { shape { dim: 1 dim: 8 dim: ${h} dim: ${w} } }`,
    );
    const mixed = m.is('shuffle', 'shuffle_join', t.channelShuffle(joined.x, 2));
    m.fc('fc', m.gap('gap', m.relu('last_relu', m.conv('last', mixed, 8, 1))), 5);
  },
  'EfficientNet block, SAME padding by slices': (m) => {
    // Padded by 0 before and 1 after: what a padding of 2 gives, less its first row and column.
    const data = m.input('data', [1, 3, 16, 16]);
    const [w, b] = [m.values([6, 3, 3, 3], 0.4), m.values([6], 0.3)];
    m.layer('stem', 'Convolution', ['data'], 'convolution_param { num_output: 6 kernel_size: 3 stride: 2 pad: 2 }');
    m.params('stem', w, b);
    m.layer('stem_rows', 'Slice', ['stem'], 'slice_param { axis: 2 slice_point: 1 }', ['stem_top', 'stem_lower']);
    m.layer('stem_columns', 'Slice', ['stem_lower'], 'slice_param { axis: 3 slice_point: 1 }', [
      'stem_left',
      'stem_same',
    ]);
    m.layer('unused', 'Silence', ['stem_top', 'stem_left'], '', []);
    const wide = t.conv2d(data.x, w, b, { stride: 2, padding: 2 });
    const stem = m.is('stem', 'stem_same', t.narrow(t.narrow(wide, 2, 1, wide.shape[2]!), 3, 1, wide.shape[3]!));
    const act = silu(m, 'swish0', stem);
    const deep = silu(
      m,
      'swish1',
      bnInPlace(m, 'bn1', m.conv('dw', act, 6, 5, { padding: 2, groups: 6, bias: false }), 1e-3),
    );
    const mean = m.gap('se_squeeze', deep);
    const gate = m.act(
      'se_gate',
      'Sigmoid',
      m.conv('se_expand', silu(m, 'se_act', m.conv('se_reduce', mean, 2, 1)), 6, 1),
      t.sigmoid,
    );
    m.layer('se_flat', 'Flatten', [gate.blob]);
    m.layer('se_scale', 'Scale', [deep.blob, 'se_flat'], 'scale_param { axis: 0 }');
    const scaled = m.is('se', 'se_scale', t.mul(deep.x, gate.x));
    m.add('out', bnInPlace(m, 'bn2', m.conv('project', scaled, 6, 1, { bias: false }), 1e-3), act);
  },
  DenseNet: (m) => {
    let x = m.conv('conv0', m.input('data', [2, 3, 12, 12]), 6, 3, { padding: 1, bias: false });
    for (const i of [1, 2]) {
      const a = m.relu(`relu${i}_1`, m.bn(`norm${i}_1`, x), true);
      const b = m.relu(`relu${i}_2`, m.bn(`norm${i}_2`, m.conv(`conv${i}_1`, a, 8, 1, { bias: false })), true);
      x = m.cat(`dense${i}`, [x, m.conv(`conv${i}_2`, b, 4, 3, { padding: 1, bias: false })]);
    }
    const t1 = m.conv('transition', m.relu('relu_t', m.bn('norm_t', x)), 6, 1, { bias: false });
    m.fc('classifier', m.gap('gap', m.avgpool('pool_t', t1, { kernel: 2 })), 7);
  },
  'Inception with asymmetric kernels': (m) => {
    const stem = m.relu('stem_relu', m.conv('stem', m.input('data', [1, 3, 13, 13]), 6, 3, { stride: 2 }), true);
    const side = m.conv('b7_1x1', stem, 4, 1);
    const wide = m.relu(
      'b7_relu',
      m.conv('b7_7x1', m.conv('b7_1x7', side, 4, [1, 7], { padding: [0, 3] }), 4, [7, 1], { padding: [3, 0] }),
    );
    const pooled = m.conv('bp_1x1', m.avgpool('bp_pool', stem, { kernel: 3, stride: 1, padding: 1 }), 3, 1);
    const joined = m.cat('mixed', [m.conv('b1', stem, 4, 1), wide, pooled]);
    m.softmax('prob', m.fc('fc', m.maxpool('reduce', joined, { kernel: 3, stride: 2 }), 6));
  },
  'GRU of two steps': (m) => {
    const [first, second] = [m.input('step0', [2, 4]), m.input('step1', [2, 4])];
    const [wi, wh, bi, bh] = [m.values([9, 4], 0.6), m.values([9, 3], 0.6), m.values([9], 0.3), m.values([9], 0.3)];
    const shared = (name: string) =>
      `param { name: "${name}_w" } param { name: "${name}_b" } inner_product_param { num_output: 9 }`;
    const gate = (x: t.T64, k: number) => t.narrow(x, 1, 3 * k, 3 * k + 3);
    let h = m.input('h0', [2, 3]);
    for (const [k, x] of [first, second].entries()) {
      const n = `cell${k}`;
      m.layer(`${n}_ih`, 'InnerProduct', [x.blob], shared('ih'));
      m.layer(`${n}_hh`, 'InnerProduct', [h.blob], shared('hh'));
      m.params(`${n}_ih`, wi, bi);
      m.params(`${n}_hh`, wh, bh);
      for (const side of ['ih', 'hh'])
        m.layer(
          `${n}_${side}_gates`,
          'Slice',
          [`${n}_${side}`],
          'slice_param { axis: 1 slice_point: 3 slice_point: 6 }',
          ['r', 'z', 'n'].map((g) => `${n}_${side}_${g}`),
        );
      for (const g of ['r', 'z']) {
        m.layer(`${n}_${g}_sum`, 'Eltwise', [`${n}_ih_${g}`, `${n}_hh_${g}`]);
        m.layer(`${n}_${g}`, 'Sigmoid', [`${n}_${g}_sum`]);
      }
      m.layer(`${n}_reset`, 'Eltwise', [`${n}_r`, `${n}_hh_n`], 'eltwise_param { operation: PROD }');
      m.layer(`${n}_n_sum`, 'Eltwise', [`${n}_ih_n`, `${n}_reset`]);
      m.layer(`${n}_n`, 'TanH', [`${n}_n_sum`]);
      m.layer(`${n}_change`, 'Eltwise', [h.blob, `${n}_n`], 'eltwise_param { coeff: 1 coeff: -1 }');
      m.layer(`${n}_kept`, 'Eltwise', [`${n}_z`, `${n}_change`], 'eltwise_param { operation: PROD }');
      m.layer(n, 'Eltwise', [`${n}_n`, `${n}_kept`]);
      const [a, b] = [t.linear(x.x, wi, bi), t.linear(h.x, wh, bh)];
      const [r, z] = [t.sigmoid(t.add(gate(a, 0), gate(b, 0))), t.sigmoid(t.add(gate(a, 1), gate(b, 1)))];
      const before = h;
      const y = m.computed(n, [gate(a, 2), gate(b, 2), r, z, before.x], () => {
        const candidate = t.tanh(t.add(gate(a, 2), t.mul(r, gate(b, 2))));
        return t.add(candidate, t.mul(z, difference(before.x, candidate)));
      });
      h = m.is(n, n, y);
    }
    m.fc('fc', h, 4);
  },
  'stacked LSTM with an embedding': (m) => {
    const words = embedding(m, 'embedding', 'ids', [5, 2]);
    contInput(m, 5, 2);
    const first = lstm(m, 'rnn_l0', words, 'cont', 4);
    const second = lstm(m, 'rnn_l1', first, 'cont', 3, 'rnn');
    m.softmax('prob', linear(m, 'decoder', second, 6), 2);
  },
  'YOLO with two heads': (m) => {
    const block = (i: number, value: Value, out: number, kernel: number, options: t.ConvOptions = {}) =>
      m.act(
        `leaky${i}`,
        'ReLU',
        bnInPlace(
          m,
          `bn${i}`,
          m.conv(`conv${i}`, value, out, kernel, { ...options, padding: kernel >> 1, bias: false }),
        ),
        (x) => t.leakyRelu(x, 0.1),
        'relu_param { negative_slope: 0.1 }',
        true,
      );
    const a = block(1, m.input('data', [1, 3, 16, 16], 0.5, 0.5), 6, 3, { stride: 2 });
    const b = block(3, m.maxpool('pool', block(2, a, 8, 3), { kernel: 2 }), 8, 3);
    const coarse = m.conv('head1', b, 6, 1);
    const up = nearest(m, 'up', block(4, b, 4, 1), 2);
    const fine = m.conv('head2', block(5, m.cat('route', [up, a]), 6, 3), 6, 1);
    for (const [name, head] of [
      ['out1', coarse],
      ['out2', fine],
    ] as const) {
      const [, , h, w] = head.x.shape as [number, number, number, number];
      m.layer(`${name}_rows`, 'Permute', [head.blob], 'permute_param { order: 0 order: 2 order: 3 order: 1 }');
      m.layer(name, 'Reshape', [`${name}_rows`], `reshape_param { shape { dim: 1 dim: ${h * w * 2} dim: 3 } }`);
      m.is(name, name, t.reshape(t.permute(head.x, [0, 2, 3, 1]), [1, h * w * 2, 3]));
    }
  },
  'ASPP segmentation': (m) => {
    const stem = m.relu(
      'stem_relu',
      m.conv('stem', m.input('data', [1, 3, 17, 13]), 6, 3, { padding: 1, stride: 2 }),
      true,
    );
    const [h, w] = [stem.x.shape[2]!, stem.x.shape[3]!];
    const branches = [1, 2, 3].map((d) =>
      m.relu(`aspp${d}_relu`, m.conv(`aspp${d}`, stem, 4, 3, { padding: d, dilation: d }), true),
    );
    const pooled = m.relu('image_relu', m.conv('image_conv', m.gap('image_pool', stem), 4, 1), true);
    m.layer('image_rows', 'Tile', [pooled.blob], `tile_param { axis: 2 tiles: ${h} }`);
    m.layer('image_up', 'Tile', ['image_rows'], `tile_param { axis: 3 tiles: ${w} }`);
    const image = m.is('image', 'image_up', repeated(pooled.x, [h, w]));
    const scores = m.conv(
      'scores',
      m.relu('project_relu', m.conv('project', m.cat('aspp', [...branches, image]), 6, 1)),
      3,
      1,
    );
    m.layer('full', 'Interp', [scores.blob], 'interp_param { height: 17 width: 13 }');
    const full = m.is(
      'full',
      'full',
      m.computed('full', [scores.x], () => t.upsampleBilinear(scores.x, [17, 13], true)),
    );
    m.softmax('prob', full);
  },
  'style transfer': (m) => {
    const a = m.relu(
      'relu1',
      mvnGroups(m, 'in1', m.conv('conv1', m.input('data', IMAGE, 2), 6, 3, { padding: 1, stride: 2 }), 6),
    );
    const b = mvnGroups(
      m,
      'in3',
      m.conv('conv3', m.relu('relu2', mvnGroups(m, 'in2', m.conv('conv2', a, 6, 3, { padding: 1 }), 6)), 6, 3, {
        padding: 1,
      }),
      6,
    );
    const up = m.relu(
      'relu4',
      mvnGroups(m, 'in4', m.deconv('up', m.add('res', b, a), 4, 4, { stride: 2, padding: 1 }), 4),
    );
    m.act('out', 'TanH', m.conv('conv_out', up, 3, 3, { padding: 1 }), t.tanh);
  },
  'group normalization by MVN': (m) => {
    const a = m.relu(
      'relu1',
      mvnGroups(m, 'gn1', m.conv('conv1', m.input('data', [2, 3, 10, 8]), 8, 3, { padding: 1, bias: false }), 4),
      true,
    );
    const b = m.relu('relu2', mvnGroups(m, 'gn2', m.conv('conv2', a, 12, 3, { stride: 2, bias: false }), 3), true);
    m.fc('fc', m.gap('gap', b), 5);
  },
  'face embedding': (m) => {
    const a = prelu(m, 'prelu1', m.conv('conv1', m.input('data', [2, 3, 14, 12], 1), 6, 3, { stride: 2, padding: 1 }));
    const b = prelu(m, 'prelu2', m.conv('conv2', a, 6, 3, { padding: 1 }), false);
    const c = prelu(m, 'prelu3', m.conv('conv3', b, 6, 3, { padding: 1 }), false);
    const feature = bnInPlace(m, 'features', m.fc('fc', m.add('res', a, c), 8), 2e-5);
    m.layer(
      'norm',
      'Normalize',
      [feature.blob],
      'norm_param { across_spatial: false channel_shared: false scale_filler { type: "constant" value: 1 } }',
    );
    m.params('norm', t.tensor([8], Array<number>(8).fill(1)));
    m.is('norm', 'norm', t.reshape(t.l2Normalize(t.reshape(feature.x, [2, 8, 1, 1])), [2, 8]));
  },
  'pixel shuffle of three channels': (m) => {
    const a = prelu(m, 'act1', m.conv('conv1', m.input('data', [1, 3, 6, 7]), 8, 5, { padding: 2 }));
    const b = m.conv('conv2', m.act('tanh', 'TanH', m.conv('mid', a, 8, 3, { padding: 1 }), t.tanh), 12, 3, {
      padding: 1,
    });
    m.layer('shuffle_blocks', 'Reshape', [b.blob], 'reshape_param { shape { dim: 3 dim: 2 dim: 2 dim: 6 dim: 7 } }');
    m.layer(
      'shuffle_turn',
      'Permute',
      ['shuffle_blocks'],
      'permute_param { order: 0 order: 3 order: 1 order: 4 order: 2 }',
    );
    m.layer('shuffle_image', 'Reshape', ['shuffle_turn'], 'reshape_param { shape { dim: 1 dim: 3 dim: 12 dim: 14 } }');
    m.is(
      'shuffle',
      'shuffle_image',
      m.computed('shuffle', [b.x], () => t.pixelShuffle(b.x, 2)),
    );
  },
  'MobileNet with ReLU6 of plain layers': (m) => {
    const a = relu6(
      m,
      'act1',
      m.bn('bn1', m.conv('conv1', m.input('data', IMAGE, 8), 6, 3, { stride: 2, padding: 1, bias: false })),
    );
    const b = relu6(m, 'act2', m.bn('bn2', m.conv('dw', a, 6, 3, { padding: 1, groups: 6, bias: false })));
    const c = m.add('sum', m.bn('bn3', m.conv('pw', b, 6, 1, { bias: false })), a);
    m.fc('fc', m.avgpool('pool', c, { kernel: 6, stride: 1 }), 4);
  },
  'GoogLeNet stem with Dropout': (m) => {
    const a = m.relu(
      'conv1_relu',
      m.conv('conv1', m.input('data', [1, 3, 20, 20], 2), 8, 7, { stride: 2, padding: 3 }),
      true,
    );
    const p = m.maxpool('pool1', a, { kernel: 3, stride: 2, ceil: true });
    const n = m.act('norm1', 'LRN', p, (x) => t.lrn(x, 5, 0.3), 'lrn_param { local_size: 5 alpha: 0.3 beta: 0.75 }');
    const b = m.relu('conv2_relu', m.conv('conv2', n, 8, 3, { padding: 1 }), true);
    const c = m.maxpool('pool2', b, { kernel: 3, stride: 2, ceil: true });
    const d = m.act('drop', 'Dropout', m.gap('gap', c), (x) => x, 'dropout_param { dropout_ratio: 0.4 }', true);
    m.softmax('prob', m.fc('fc', d, 5));
  },
  'folded ResNet': (m) => {
    const a = m.relu(
      'relu1',
      folded(m, ['conv1', 'bn1'], m.input('data', IMAGE), [6, 3], [{ padding: 1, stride: 2 }, 'pad: 1 stride: 2']),
      true,
    );
    const b = m.relu('relu2', folded(m, ['conv2', 'bn2'], a, [6, 3], [{ padding: 1 }, 'pad: 1']), true);
    const c = folded(m, ['conv3', 'bn3'], b, [6, 3], [{ padding: 1, groups: 2 }, 'pad: 1 group: 2']);
    m.fc('fc', m.gap('gap', m.relu('relu3', m.add('sum', c, a))), 4);
  },
  'five layers with two references': (m) => {
    const a = m.relu('relu1', m.conv('conv1', m.input('data', IMAGE), 6, 3, { padding: 1 }), true);
    const b = m.maxpool('pool1', m.relu('relu2', m.bn('bn2', m.conv('conv2', a, 6, 3, { padding: 1, bias: false }))), {
      kernel: 2,
      stride: 2,
    });
    const c = m.conv('conv3', b, 6, 3, { padding: 1 });
    const d = m.act('leaky', 'ReLU', c, (x) => t.leakyRelu(x, 0.2), 'relu_param { negative_slope: 0.2 }', true);
    m.fc('fc', m.gap('gap', m.conv('conv4', d, 5, 3, { padding: 1 })), 3);
    for (const name of ['conv1', 'relu1', 'conv2', 'bn2', 'relu2', 'conv3', 'leaky', 'gap']) m.forget(name);
  },
  'U-Net of valid convolutions': (m) => {
    const skip = m.relu('relu1', m.conv('conv1', m.input('data', [1, 1, 18, 16]), 6, 3));
    const deep = m.relu('relu2', m.conv('conv2', m.maxpool('pool', skip, { kernel: 2 }), 8, 3));
    const up = m.deconv('up', deep, 6, 2, { stride: 2 });
    m.layer('crop', 'Crop', [skip.blob, up.blob], 'crop_param { axis: 2 offset: 2 }');
    const [h, w] = [up.x.shape[2]!, up.x.shape[3]!];
    const cropped = m.is('crop', 'crop', t.narrow(t.narrow(skip.x, 2, 2, 2 + h), 3, 2, 2 + w));
    m.softmax('prob', m.conv('head', m.relu('relu3', m.conv('conv3', m.cat('cat', [cropped, up]), 6, 3)), 3, 1));
  },
  'text CNN': (m) => {
    const words = m.input('words', [2, 1, 9, 5]);
    const parts = [2, 3, 4].map((k) =>
      maxOverTime(m, `max${k}`, m.relu(`relu${k}`, m.conv(`conv${k}`, words, 4, [k, 5]), true)),
    );
    m.softmax('prob', m.fc('fc', m.cat('features', parts), 3));
  },
  'VGG with stored transposes': (m) => {
    const a = m.relu('relu1_1', m.conv('conv1_1', m.input('data', [1, 3, 12, 10], 100), 6, 3, { padding: 1 }), true);
    const b = m.relu('relu1_2', m.conv('conv1_2', m.maxpool('pool1', a, { kernel: 2 }), 6, 3, { padding: 1 }), true);
    const flat = t.reshape(b.x, [1, 180]);
    const [w, bias] = [m.values([8, 180], 0.13), m.values([8], 0.3)];
    m.layer('fc6', 'InnerProduct', [b.blob], 'inner_product_param { num_output: 8 transpose: true }');
    m.params('fc6', t.permute(w, [1, 0]), bias);
    const fc6 = m.is('fc6', 'fc6', t.linear(flat, w, bias));
    const fc7 = m.act('elu', 'ELU', m.fc('fc7', m.relu('relu6', fc6, true), 8), (x) => t.elu(x));
    m.fc('fc8', fc7, 4);
  },
  autoencoder: (m) => {
    const a = m.act(
      'enc_act',
      'ELU',
      m.conv('enc', m.input('data', [1, 1, 12, 12]), 6, 4, { stride: 2, padding: 1 }),
      (x) => t.elu(x),
    );
    const code = m.act('code', 'Sigmoid', m.fc('enc_fc', a, 5), t.sigmoid);
    const b = m.relu('dec_relu', m.fc('dec_fc', code, 54));
    const image = m.reshape('unflatten', b, [1, 6, 3, 3], 'unflatten');
    const c = m.relu('up1_relu', m.deconv('up1', image, 6, 3, { stride: 2, padding: 1 }), true);
    m.act('out', 'Sigmoid', m.deconv('up2', c, 1, 4, { stride: 2, padding: 1 }), t.sigmoid);
  },
  'HRNet fusion': (m) => {
    const high = m.relu(
      'high_relu',
      m.bn('high_bn', m.conv('high', m.input('data', [1, 3, 16, 16]), 6, 3, { padding: 1, bias: false })),
      true,
    );
    const low = m.relu(
      'low_relu',
      m.bn('low_bn', m.conv('low', high, 8, 3, { padding: 1, stride: 2, bias: false })),
      true,
    );
    const down = m.bn('down_bn', m.conv('down', high, 8, 3, { padding: 1, stride: 2, bias: false }));
    const up = nearest(m, 'up', m.bn('up_bn', m.conv('up_conv', low, 6, 1, { bias: false })), 2);
    m.conv('heat', m.relu('fuse_high', m.add('sum_high', high, up)), 4, 1);
    m.relu('fuse_low', m.add('sum_low', low, down));
  },
  'maxout and highway': (m) => {
    const a = m.conv('conv1', m.input('data', IMAGE), 8, 3, { padding: 1 });
    m.layer('halves', 'Slice', [a.blob], 'slice_param { axis: 1 }', ['half_a', 'half_b']);
    m.layer('maxout', 'Eltwise', ['half_a', 'half_b'], 'eltwise_param { operation: MAX }');
    const x = m.is('maxout', 'maxout', t.zip(t.narrow(a.x, 1, 0, 4), t.narrow(a.x, 1, 4, 8), Math.max));
    const h = m.act('plain', 'TanH', m.conv('plain_conv', x, 4, 3, { padding: 1 }), t.tanh);
    const g = m.act('gate', 'Sigmoid', m.conv('gate_conv', x, 4, 3, { padding: 1 }), t.sigmoid);
    m.layer('highway_change', 'Eltwise', [h.blob, x.blob], 'eltwise_param { coeff: 1 coeff: -1 }');
    m.layer('highway_part', 'Eltwise', [g.blob, 'highway_change'], 'eltwise_param { operation: PROD }');
    m.layer('highway', 'Eltwise', [x.blob, 'highway_part']);
    const y = m.is('highway', 'highway', t.add(x.x, t.mul(g.x, difference(h.x, x.x))));
    m.fc('fc', m.avgpool('pool', y, { kernel: 4, stride: 3, ceil: false }), 4);
  },
  'BatchNorm without affine, Scale and Bias apart': (m) => {
    const a = m.conv('conv1', m.input('data', [2, 3, 9, 9], 50, 110), 6, 3, { bias: false });
    const [mean, variance] = [m.values([6], 20, 10), m.values([6], 900, 1500)];
    m.layer('norm', 'BatchNorm', [a.blob], 'batch_norm_param { eps: 1e-5 }', [a.blob]);
    // Caffe keeps sums, and what they are to be divided by.
    m.params(
      'norm',
      t.map(mean, (v) => v * 3),
      t.map(variance, (v) => v * 3),
      t.tensor([1], [3]),
    );
    const ones = t.tensor([6], Array<number>(6).fill(1));
    const normal = m.is(
      'norm',
      a.blob,
      m.computed('norm', [a.x, mean, variance], () => t.batchNorm(a.x, [ones, t.map(ones, () => 0), mean, variance])),
    );
    const [w, b] = [m.values([6], 0.5, 1), m.values([6], 0.4)];
    m.layer('gain', 'Scale', [normal.blob]);
    m.params('gain', w);
    const gained = m.is('gain', 'gain', t.mul(normal.x, t.reshape(w, [1, 6, 1, 1])));
    m.layer('offset', 'Bias', ['gain'], '', ['gain']);
    m.params('offset', b);
    const shifted = m.is('offset', 'gain', t.add(gained.x, t.reshape(b, [1, 6, 1, 1])));
    m.fc('fc', m.relu('relu', shifted, true), 4);
  },
  'recognition of text': (m) => {
    const a = m.relu('relu1', m.conv('conv1', m.input('data', [2, 1, 8, 14]), 6, 3, { padding: 1 }), true);
    const b = m.relu(
      'relu2',
      m.conv('conv2', m.maxpool('pool1', a, { kernel: 2 }), 5, [4, 3], { padding: [0, 1] }),
      true,
    );
    const steps = b.x.shape[3]!;
    m.layer('sequence_turn', 'Permute', [b.blob], 'permute_param { order: 3 order: 0 order: 1 order: 2 }');
    m.layer('sequence', 'Reshape', ['sequence_turn'], `reshape_param { shape { dim: ${steps} dim: 2 dim: 5 } }`);
    const x = m.is('sequence', 'sequence', t.reshape(t.permute(b.x, [3, 0, 1, 2]), [steps, 2, 5]));
    contInput(m, steps, 2);
    m.softmax('prob', linear(m, 'fc', lstm(m, 'rnn', x, 'cont', 4, 'rnn'), 6), 2);
  },
  'colour and depth': (m) => {
    const [rgb, depth] = [m.input('rgb', IMAGE, 1), m.input('depth', IMAGE, 1)];
    const a = m.relu('relu1', m.conv('conv1', m.cat('both', [rgb, depth]), 6, 3, { padding: 1 }), true);
    const b = m.act('gate', 'Sigmoid', m.conv('gate_conv', a, 6, 1), t.sigmoid);
    m.layer('gated', 'Eltwise', [a.blob, b.blob], 'eltwise_param { operation: PROD }');
    const y = m.is('gated', 'gated', t.mul(a.x, b.x));
    m.conv('head', m.avgpool('pool', y, { kernel: 3, stride: 2, padding: 1 }), 3, 3, { padding: 1, groups: 3 });
  },
};
