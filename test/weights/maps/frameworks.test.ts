/** Modules of other frameworks than PyTorch, and modules that lack what others have, by the identity map. */
import { describe, expect, test } from '@jest/globals';
import { decodeNet } from '../../../src/proto/codec.js';
import { parsePrototxt } from '../../../src/proto/text/parser.js';
import { toBytes } from '../../../src/proto/random-access.js';
import { fromTensors, packWeights, ruleMap, type NameMap, type PackReport } from '../../../src/weights/index.js';
import { identityMap } from '../../../src/weights/maps/identity.js';

type Arrays = Readonly<Record<string, { shape: readonly number[]; data: Float32Array }>>;

/** A tensor whose values are its flat indices, from `start` on. */
function ramp(shape: readonly number[], start = 0) {
  const count = shape.reduce((product, dim) => product * dim, 1);
  return { shape, data: Float32Array.from({ length: count }, (_, i) => start + i) };
}

function vector(...values: number[]) {
  return { shape: [values.length], data: Float32Array.from(values) };
}

/** Packs a net of these layers behind an input `x`; gives the report and the blobs of each layer. */
async function pack(
  input: readonly number[],
  layers: string,
  tensors: Arrays,
  map: NameMap = identityMap(),
): Promise<{ report: PackReport; blobs: Record<string, number[][]> }> {
  const shape = input.map((dim) => `dim: ${dim}`).join(' ');
  const net = parsePrototxt(
    `layer { name: "x" type: "Input" top: "x" input_param { shape { ${shape} } shape { dim: 5 dim: 1 } } top: "cont" }${layers}`,
  );
  const sink = toBytes();
  const report = await packWeights({ net, source: fromTensors(tensors, 'arrays'), map, sink });
  const { layer = [] } = decodeNet(sink.bytes());
  const blobs = Object.fromEntries(
    layer.map(({ name = '', blobs = [] }) => [name, blobs.map(({ data = [] }) => Array.from<number>(data))] as const),
  );
  return { report, blobs };
}

const layer = (name: string, type: string, rest: string, bottom = 'x') =>
  `layer { name: "${name}" type: "${type}" bottom: "${bottom}" top: "${name}" ${rest} }`;

describe("Keras' arrays", () => {
  test('a convolution: (height, width, inputs, outputs)', async () => {
    const conv = layer('c', 'Convolution', 'convolution_param { num_output: 3 kernel_h: 1 kernel_w: 2 }');
    const { blobs, report } = await pack([1, 2, 4, 4], conv, {
      'c/kernel:0': ramp([1, 2, 2, 3]),
      'c/bias:0': ramp([3]),
    });
    // numpy: np.arange(12).reshape(1, 2, 2, 3).transpose(3, 2, 0, 1).ravel()
    expect(blobs['c']).toEqual([
      [0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11],
      [0, 1, 2],
    ]);
    expect(report.filled[0]).toMatchObject({ operation: 'permute 3,2,0,1', sources: ['c/kernel:0'] });
  });

  test.each(['depthwise_kernel', 'kernel'])('a depthwise convolution, its tensor called %s', async (name) => {
    const conv = layer(
      'c',
      'Convolution',
      'convolution_param { num_output: 4 group: 2 kernel_h: 1 kernel_w: 2 bias_term: false }',
    );
    const { blobs } = await pack([1, 2, 4, 4], conv, { [`c/${name}`]: ramp([1, 2, 2, 2]) });
    // Output 2 * c + m reads channel c by the kernel [:, :, c, m].
    expect(blobs['c']).toEqual([[0, 4, 1, 5, 2, 6, 3, 7]]);
  });

  test('a transposed convolution: (height, width, outputs, inputs)', async () => {
    const conv = layer('d', 'Deconvolution', 'convolution_param { num_output: 2 kernel_size: 1 bias_term: false }');
    const { blobs } = await pack([1, 3, 4, 4], conv, { 'd.kernel': ramp([1, 1, 2, 3]) });
    // Caffe's blob is (inputs, outputs, 1, 1).
    expect(blobs['d']).toEqual([[0, 3, 1, 4, 2, 5]]);
  });

  test('a matrix, and one behind Flatten, whose rows go by height, width and channel', async () => {
    const dense = 'inner_product_param { num_output: 1 bias_term: false }';
    const { blobs, report } = await pack(
      [1, 2, 1, 3],
      layer('a', 'InnerProduct', dense) +
        layer('f', 'Flatten', '') +
        layer('g', 'ReLU', '', 'f') +
        layer('b', 'InnerProduct', dense, 'g') +
        layer('c', 'InnerProduct', 'inner_product_param { num_output: 2 bias_term: false }', 'b'),
      { 'a.kernel': ramp([6, 1]), 'b.kernel': ramp([6, 1]), 'c.kernel': ramp([1, 2]) },
    );
    // Row (w * 2 + c) of Keras is column (c * 3 + w) here.
    expect(blobs['a']).toEqual([[0, 2, 4, 1, 3, 5]]);
    expect(blobs['b']).toEqual(blobs['a']);
    expect(blobs['c']).toEqual([[0, 1]]);
    expect(report.filled[2]).toMatchObject({ operation: 'transpose' });
  });

  test('normalizations: eps 0.001 where they are folded; a BatchNorm with another eps is remarked on', async () => {
    const arrays = {
      'n.gamma': vector(1, 2),
      'n.beta': vector(0, 1),
      'n.moving_mean': vector(1, 1),
      'n.moving_variance': vector(3, 4),
    };
    const scale = 'scale_param { bias_term: true }';
    const folded = await pack([1, 2, 1, 1], layer('n', 'Scale', scale), arrays);
    const factors = [1 / Math.sqrt(3.001), 2 / Math.sqrt(4.001)];
    expect(folded.blobs['n']).toEqual([factors, [-factors[0]!, 1 - factors[1]!]].map((each) => each.map(Math.fround)));
    const norm = layer('n', 'BatchNorm', '');
    const statistics = Object.fromEntries(Object.entries(arrays).filter(([name]) => name.includes('moving')));
    const { report } = await pack([1, 2, 1, 1], norm, statistics);
    expect(report.notes).toEqual([
      "BatchNorm 'n' adds 0.00001 to the variance; Keras adds 0.001 unless the model says otherwise: then write " +
        'batch_norm_param { eps: 0.001 }',
    ]);
    const right = await pack([1, 2, 1, 1], layer('n', 'BatchNorm', 'batch_norm_param { eps: 1e-3 }'), statistics);
    expect(right.report.notes).toEqual([]);
  });

  test("scale=False: MXNet's and Keras' normalizations may lack one of gamma and beta", async () => {
    const scale = layer('n', 'Scale', 'scale_param { bias_term: true }');
    const { blobs, report } = await pack([1, 2, 1, 1], scale, {
      n_beta: vector(5, 5),
      n_moving_mean: vector(1, 2),
      n_moving_var: vector(0.999, 3.999),
    });
    expect(blobs['n']!.map((each) => each.map((value) => value.toFixed(6)))).toEqual([
      ['1.000000', '0.500000'],
      ['4.000000', '4.000000'],
    ]);
    expect(report.notes).toEqual(["1 normalization ('n') without gamma in the source: taken as 1"]);
  });
});

describe('LSTM', () => {
  const lstm = (name: string) =>
    `layer { name: "${name}" type: "LSTM" bottom: "x" bottom: "cont" top: "${name}" recurrent_param { num_output: 1 } }`;
  const input = [5, 1, 2];
  /** Gate by gate: i, f, g, o as PyTorch and Keras have them; Caffe has o before g. */
  const packed = [
    [0, 1, 2, 3, 6, 7, 4, 5],
    [0, 1, 3, 2],
    [0, 1, 3, 2],
  ];

  test("Keras': matrices the other way round, one bias", async () => {
    const kernel = { shape: [2, 4], data: Float32Array.of(0, 2, 4, 6, 1, 3, 5, 7) };
    const arrays = { kernel, recurrent_kernel: ramp([1, 4]), bias: ramp([4]) };
    for (const cell of ['', 'lstm_cell/']) {
      const tensors = Object.entries(arrays).map(([name, array]) => [`seq/${cell}${name}`, array] as const);
      const { blobs } = await pack(input, lstm('seq'), Object.fromEntries(tensors));
      expect(blobs['seq']).toEqual(packed);
    }
  });

  test.each([
    ['seq', 'seq.', '_l0'],
    ['seq', 'seq.', ''],
    ['seq_l1', 'seq.', '_l1'],
    ['seq_reverse', 'seq.', '_l0_reverse'],
    ['enc_l1_reverse', 'enc.', '_l1_reverse'],
    ['seq_l1', 'seq_l1.', '_l0'],
  ])("PyTorch's: layer %s from %s…%s", async (name, module, suffix) => {
    const tensors = {
      [`${module}weight_ih${suffix}`]: ramp([4, 2]),
      [`${module}weight_hh${suffix}`]: ramp([4, 1]),
      [`${module}bias_ih${suffix}`]: ramp([4], -10),
      [`${module}bias_hh${suffix}`]: vector(10, 10, 10, 10),
    };
    const { blobs, report } = await pack(input, lstm(name), tensors);
    expect(blobs[name]).toEqual(packed);
    expect(report.filled[1]!.operation).toBe('sum, blocks 0,1,3,2 of axis 0');
  });

  test('without bias: 0; one bias of two is not enough', async () => {
    const tensors = { 'seq.weight_ih_l0': ramp([4, 2]), 'seq.weight_hh_l0': ramp([4, 1]) };
    const { blobs, report } = await pack(input, lstm('seq'), tensors);
    expect(blobs['seq']![1]).toEqual([0, 0, 0, 0]);
    expect(report.computed[0]).toMatchObject({ operation: 'constant 0, for the module has no bias' });
    await expect(pack(input, lstm('seq'), { ...tensors, 'seq.bias_ih_l0': ramp([4]) })).rejects.toThrow(
      "layer 'seq' (LSTM), blob 1 (4): the source has no 'seq_bias_hh_l0'",
    );
  });

  test("another caffemodel's blobs are taken as they are", async () => {
    const tensors = { 'seq.weight': ramp([4, 2]), 'seq.bias': ramp([4]), 'seq.2': ramp([4, 1]) };
    const { blobs } = await pack(input, lstm('seq'), tensors);
    expect(blobs['seq']).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7],
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ]);
  });
});

describe('modules without all arrays', () => {
  const scale = 'scale_param { bias_term: true }';
  const statistics = { 'n.running_mean': vector(1, 2), 'n.running_var': vector(4, 16) };
  const noEps = identityMap({ batchNormEps: 0 });
  const note = 'without weight and bias in the source: taken as 1 and 0';

  test('affine=False: mean and variance only, folded and in a pair', async () => {
    const folded = await pack([1, 2, 1, 1], layer('n', 'Scale', scale), statistics, noEps);
    expect(folded.blobs['n']).toEqual([
      [0.5, 0.25],
      [-0.5, -0.5],
    ]);
    expect(folded.report.notes).toEqual([`1 normalization ('n') ${note}`]);
    const pair = layer('b', 'BatchNorm', '') + layer('s', 'Scale', scale, 'b');
    const map = ruleMap({ rules: [{ layer: '[bs]', module: 'n' }] });
    const { blobs, report } = await pack([1, 2, 1, 1], pair, statistics, map);
    expect(blobs['b']).toEqual([[1, 2], [4, 16], [1]]);
    expect(blobs['s']).toEqual([
      [1, 1],
      [0, 0],
    ]);
    expect(report.notes).toEqual([`1 normalization ('s') ${note}`]);
  });

  test('affine=False, folded into a convolution', async () => {
    const conv = layer('c', 'Convolution', 'convolution_param { num_output: 2 kernel_size: 1 }');
    const map = ruleMap({ batchNormEps: 0, rules: [{ layer: 'c', module: 'c', batchNorm: 'n' }] });
    const { blobs, report } = await pack([1, 1, 1, 1], conv, { 'c.weight': vector(2, 4), ...statistics }, map);
    expect(blobs['c']).toEqual([
      [1, 1],
      [-0.5, -0.5],
    ]);
    expect(report.notes).toEqual([`1 normalization ('c') ${note}`]);
  });

  test('a weight without its bias is a loss, not affine=False', async () => {
    const arrays = { ...statistics, 'n.weight': vector(1, 1) };
    await expect(pack([1, 2, 1, 1], layer('n', 'Scale', scale), arrays)).rejects.toThrow("the source has no 'n_bias'");
  });

  test('no remark on statistics where a convolution has no bias', async () => {
    const conv = layer('c', 'Convolution', 'convolution_param { num_output: 2 kernel_size: 1 }');
    const map = ruleMap({ batchNormEps: 0, rules: [{ layer: 'c', module: 'c', batchNorm: 'n' }] });
    const affine = { 'n.weight': vector(1, 1), 'n.bias': vector(0, 0) };
    const { report } = await pack([1, 1, 1, 1], conv, { 'c.weight': vector(2, 4), ...statistics, ...affine }, map);
    expect(report.notes).toEqual([]);
  });

  test('mean and variance in a module of their own', async () => {
    const arrays = {
      'bn.running_mean': vector(1, 2),
      'bn.running_var': vector(4, 16),
      'sc.weight': vector(1, 1),
      'sc.bias': vector(0, 0),
    };
    const map = ruleMap({ batchNormEps: 0, rules: [{ layer: 'n', module: 'sc', statistics: 'bn' }] });
    const { blobs } = await pack([1, 2, 1, 1], layer('n', 'Scale', scale), arrays, map);
    expect(blobs['n']).toEqual([
      [0.5, 0.25],
      [-0.5, -0.5],
    ]);
  });

  test('track_running_stats=False leads to use_global_stats: false', async () => {
    const norm = (param: string) => layer('n', 'BatchNorm', param) + layer('s', 'Scale', scale, 'n');
    const arrays = { 's.weight': vector(1, 1), 's.bias': vector(0, 0) };
    await expect(pack([1, 2, 1, 1], norm(''), arrays)).rejects.toThrow(
      "a module with track_running_stats=False has none and normalizes by each batch's own: " +
        'batch_norm_param { use_global_stats: false }',
    );
    const { blobs } = await pack([1, 2, 1, 1], norm('batch_norm_param { use_global_stats: false }'), arrays);
    expect(blobs['n']).toEqual([[0, 0], [0, 0], [0]]);
  });
});
