/** later: models whose first run showed what the others had not, with the faults that showed it. */
import * as t from '../../support/torch64.js';
import { all, axes, blocks, each, edit, to32, to64, values, type ModelFault } from './changes.js';
import type { Model, Value } from './model.js';
import { folded } from './more-nets.js';
import { lstm, normalizedRows } from './nets.js';

const relu6 = (m: Model, name: string, value: Value) =>
  m.act(name, 'Clip', value, t.relu6, 'clip_param { min: 0 max: 6 }', true);

export const LATER_NETS: Record<string, (m: Model) => void> = {
  'audio tagging': (m) => {
    const log = m.act(
      'log',
      'Log',
      m.input('spectrum', [2, 1, 20, 6], 0.9, 1),
      (x) => t.map(x, (v) => Math.log(v + 0.01)),
      'log_param { shift: 0.01 }',
    );
    const conv1 = m.conv('conv1', log, 8, [3, 6], { padding: [1, 0] });
    const a = m.relu('relu1', normalizedRows(m, 'gn1', conv1, 8, 1));
    const b = m.act('tanh2', 'TanH', m.conv('conv2', a, 8, [5, 1], { stride: [2, 1], padding: [2, 0] }), t.tanh);
    const rows = b.x.shape[2]!;
    m.layer('peak', 'Pooling', [b.blob], 'pooling_param { pool: MAX global_pooling: true }');
    const most = Array.from({ length: 16 }, (_, i) => Math.max(...b.x.data.slice(i * rows, (i + 1) * rows)));
    m.act('tags', 'Sigmoid', m.fc('fc', m.is('peak', 'peak', t.tensor([2, 8, 1, 1], most)), 6), t.sigmoid);
  },
  'folded MobileNetV2': (m) => {
    const image = m.input('data', [1, 3, 14, 14], 4);
    const a = relu6(
      m,
      'act0',
      folded(m, ['conv0', 'bn0'], image, [6, 3], [{ stride: 2, padding: 1 }, 'stride: 2 pad: 1']),
    );
    const b = relu6(m, 'act1', folded(m, ['expand', 'expand_bn'], a, [10, 1], [{}, '']));
    const c = relu6(
      m,
      'act2',
      folded(m, ['depthwise', 'depthwise_bn'], b, [10, 3], [{ padding: 1, groups: 10 }, 'pad: 1 group: 10']),
    );
    const d = m.add('sum', folded(m, ['project', 'project_bn'], c, [6, 1], [{}, '']), a);
    m.fc('fc', m.gap('gap', d), 4);
    for (const name of ['act0', 'act1', 'act2']) m.forget(name);
  },
  'attention pooling': (m) => {
    const f = m.relu('feature_relu', m.conv('feature', m.input('data', [1, 3, 8, 6]), 6, 3, { padding: 1 }));
    const score = m.conv('score', m.act('key_tanh', 'TanH', m.conv('key', f, 4, 1), t.tanh), 1, 1);
    const attention = m.softmax('attention', m.reshape('positions', score, [1, 1, 48], 'positions'), 2);
    const map = m.reshape('attention_map', attention, [1, 1, 8, 6], 'attention_map');
    m.layer('attention_all', 'Tile', [map.blob], 'tile_param { axis: 1 tiles: 6 }');
    m.layer('weighted', 'Eltwise', [f.blob, 'attention_all'], 'eltwise_param { operation: PROD }');
    const weighted = m.is('weighted', 'weighted', t.mul(f.x, map.x));
    m.layer('context_mean', 'Pooling', ['weighted'], 'pooling_param { pool: AVE global_pooling: true }');
    m.layer('context', 'Power', ['context_mean'], 'power_param { scale: 48 }');
    m.fc(
      'fc',
      m.is(
        'context',
        'context',
        t.map(t.globalAvgPool(weighted.x), (y) => y * 48),
      ),
      4,
    );
  },
  'bilinear upsampling with a border map': (m) => {
    const stem = m.relu('relu1', m.conv('conv1', m.input('data', [1, 3, 7, 6]), 6, 3, { padding: 1 }), true);
    const kernel = [0.25, 0.75, 0.75, 0.25];
    const weights = Array.from({ length: 96 }, (_, i) => kernel[Math.floor(i / 4) % 4]! * kernel[i % 4]!);
    const settings = 'num_output: 6 group: 6 kernel_size: 4 stride: 2 pad: 1 bias_term: false';
    m.layer('up', 'Deconvolution', [stem.blob], `convolution_param { ${settings} }`);
    m.params('up', t.tensor([6, 1, 4, 4], weights));
    m.layer('up_border', 'Scale', ['up'], 'scale_param { axis: 2 num_axes: 2 }');
    const sums = (size: number) => Array.from({ length: size }, (_, i) => (i === 0 || i === size - 1 ? 0.75 : 1));
    m.params(
      'up_border',
      t.tensor(
        [14, 12],
        sums(14).flatMap((row) => sums(12).map((column) => 1 / (row * column))),
      ),
    );
    const wide = m.computed('up', [stem.x], () => t.upsampleBilinear(stem.x, [14, 12], false));
    m.conv('conv2', m.is('up', 'up_border', wide), 3, 3, { padding: 1 });
  },
  'limits of plain layers': (m) => {
    const image = m.conv('conv0', m.input('data', [1, 3, 10, 8], 8), 4, 3);
    const line = (name: string, blob: string, scale: number, shift: number) =>
      m.layer(name, 'Power', [blob], `power_param { scale: ${scale} shift: ${shift} }`);
    line('least_turned', image.blob, 1, 2);
    m.layer('least_cut', 'ReLU', ['least_turned']);
    line('least', 'least_cut', 1, -2);
    const least = m.is(
      'least',
      'least',
      t.map(image.x, (v) => Math.max(v, -2)),
    );
    const conv1 = m.conv('conv1', least, 4, 3);
    line('most_turned', conv1.blob, -1, 3);
    m.layer('most_cut', 'ReLU', ['most_turned']);
    line('most', 'most_cut', -1, 3);
    const most = m.is(
      'most',
      'most',
      t.map(conv1.x, (v) => Math.min(v, 3)),
    );
    const conv2 = m.conv('conv2', most, 4, 3);
    m.layer('low', 'ReLU', [conv2.blob]);
    line('high_line', conv2.blob, 1, -6);
    m.layer('high', 'ReLU', ['high_line']);
    m.layer('relu6', 'Eltwise', ['low', 'high'], 'eltwise_param { coeff: 1 coeff: -1 }');
    m.fc('fc', m.gap('gap', m.is('relu6', 'relu6', t.relu6(conv2.x))), 3);
  },
  'two clips of four frames': (m) => {
    m.layer('cont', 'Input', [], 'input_param { shape { dim: 4 dim: 2 } }');
    m.inputs.cont = { shape: [4, 2], data: Float32Array.from([0, 0, 1, 1, 1, 1, 1, 1]) };
    lstm(m, 'lstm', m.input('data', [4, 2, 5]), 'cont', 3, 'lstm');
  },
  'a block of two halves': (m) => {
    const x = m.conv('stem', m.input('data', [1, 3, 6, 5]), 6, 3);
    m.layer('chunk', 'Slice', [x.blob], 'slice_param { axis: 1 slice_point: 3 }', ['half_a', 'half_b']);
    const [a, b] = [
      { blob: 'half_a', x: t.narrow(x.x, 1, 0, 3) },
      { blob: 'half_b', x: t.narrow(x.x, 1, 3, 6) },
    ];
    m.fc('fc', m.cat('joined', [a, b, m.conv('inner', b, 3, 3, { padding: 1 })]), 4);
  },
};

const zeros = each(() => 0);

export const LATER_FAULTS: readonly ModelFault[] = [
  {
    net: 'audio tagging',
    ...{ fault: 'another shift within the logarithm', layer: 'log', causes: ['log-exp-power'] },
    spoil: edit('log', 'shift: 0.01', 'shift: 0.5'),
  },
  {
    net: 'audio tagging',
    ...{ fault: 'a stride of rows left out', layer: 'conv2', causes: ['convolution-window'] },
    spoil: edit('conv2', 'stride_h: 2', 'stride_h: 1'),
  },
  {
    net: 'audio tagging',
    ...{ fault: 'a bias of zeros, and two samples', layer: 'fc', causes: ['bias'] },
    spoil: values('fc', 1, zeros),
  },
  {
    net: 'folded MobileNetV2',
    ...{ fault: 'ReLU for a ReLU6 that has no reference', layer: 'expand', causes: ['activation'] },
    spoil: edit('act0', /"Clip"(.*) clip_param.*$/, '"ReLU"$1 }'),
  },
  {
    net: 'folded MobileNetV2',
    ...{ fault: 'a dilation too many in the first convolution', layer: 'conv0', causes: ['convolution-window'] },
    spoil: edit('conv0', 'pad: 1', 'pad: 2 dilation: 2'),
  },
  {
    net: 'folded MobileNetV2',
    ...{ fault: 'depthwise kernels with rows as columns', layer: 'depthwise', causes: ['weights-transposed'] },
    spoil: values('depthwise', 0, axes([0, 1, 3, 2])),
  },
  {
    net: 'attention pooling',
    ...{ fault: 'a mean for a sum over positions', layer: 'context', causes: ['factor'] },
    spoil: edit('context', 'scale: 48', ''),
  },
  {
    net: 'bilinear upsampling with a border map',
    ...{ fault: 'aligned corners in the model', layer: 'up', causes: ['interpolation'] },
    otherwise: { up: (x) => t.upsampleBilinear(x, [14, 12], true) },
  },
  {
    net: 'bilinear upsampling with a border map',
    ...{ fault: 'nearest neighbours in the model', layer: 'up', causes: ['upsampling'] },
    otherwise: { up: (x) => t.upsampleNearest(x, 2) },
  },
  {
    net: 'limits of plain layers',
    ...{ fault: 'another least value', layer: 'least', causes: ['activation'] },
    spoil: all(edit('least_turned', 'shift: 2', 'shift: 1'), edit('least', 'shift: -2', 'shift: -1')),
  },
  {
    net: 'limits of plain layers',
    ...{ fault: 'two largest values', layer: 'most', causes: ['activation'] },
    spoil: edit('most_turned', 'shift: 3', 'shift: 1'),
  },
  {
    net: 'limits of plain layers',
    ...{ fault: 'a limit of 1 that no value of the model reaches', layer: 'relu6', causes: ['activation'] },
    spoil: edit('high_line', 'shift: -6', 'shift: -1'),
  },
  {
    net: 'two clips of four frames',
    ...{ fault: "gates in PyTorch's order and half a bias", layer: 'lstm', causes: ['recurrent'] },
    spoil: all(
      ...[0, 1, 2].map((i) => values('lstm', i, blocks([0, 1, 3, 2]))),
      values(
        'lstm',
        1,
        each((v, i) => (i % 2 ? v - 0.25 : v / 2)),
      ),
    ),
  },
  {
    net: 'a block of two halves',
    ...{ fault: 'the halves exchanged, which a Concat reads too', layer: 'inner', causes: ['slice-order'] },
    spoil: edit('chunk', 'top: "half_a" top: "half_b"', 'top: "half_b" top: "half_a"'),
  },
  {
    net: 'a block of two halves',
    ...{ fault: 'columns for width, height, channels', layer: 'fc', causes: ['flatten-order'] },
    spoil: values('fc', 0, (x) => ({
      ...to32(t.permute(t.reshape(to64(x), [4, 9, 4, 3]), [0, 3, 2, 1])),
      shape: x.shape,
    })),
  },
];
