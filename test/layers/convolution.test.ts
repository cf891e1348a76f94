/**
 * Convolution, Deconvolution, Im2col and InnerProduct against their definitions in double precision, over random shapes
 * and settings, and at the sizes where the code takes another way.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ConvolutionParameter, LayerParameter } from '../../src/generated/messages.js';
import '../../src/node/relaxed-simd.js';
import { expectClose, messageOf } from '../support/close.js';
import { OneLayer } from '../support/one-layer.js';
import {
  convolutionReference,
  deconvolutionReference,
  im2colReference,
  innerProductReference,
  spreadSize,
  windowPositions,
  type ReferenceWindow,
} from '../support/reference-conv.js';
import { count, seeds, uniform } from '../support/values.js';

interface Case extends ReferenceWindow {
  /** Axes before the channels. */
  outer: number[];
  channelsPerGroup: number;
  outputsPerGroup: number;
  group: number;
  size: number[];
  biased: boolean;
  bottoms: number;
  seed: number;
  /** Count the channel axis from the end. */
  fromEnd: boolean;
}

const perAxis = (axes: number, min: number, max: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min, max }), { minLength: axes, maxLength: axes });

const cases = (spatial: { min: number; max: number }): fc.Arbitrary<Case> =>
  fc.integer(spatial).chain((axes) =>
    fc.record({
      outer: fc.array(fc.integer({ min: 1, max: 2 }), { maxLength: 2 }),
      channelsPerGroup: fc.integer({ min: 1, max: 5 }),
      outputsPerGroup: fc.integer({ min: 1, max: 6 }),
      group: fc.integer({ min: 1, max: 3 }),
      size: perAxis(axes, 1, axes > 2 ? 5 : 13),
      kernel: perAxis(axes, 1, 4),
      stride: perAxis(axes, 1, 4),
      pad: perAxis(axes, 0, 4),
      dilation: perAxis(axes, 1, 3),
      biased: fc.boolean(),
      bottoms: fc.integer({ min: 1, max: 2 }),
      seed: seeds,
      fromEnd: fc.boolean(),
    }),
  );

/** The same setting written once, where that is possible, or for each axis. */
function written(values: readonly number[]): number[] {
  return values.length > 0 && values.every((v) => v === values[0]) ? [values[0]!] : [...values];
}

function parameters(c: Case): ConvolutionParameter {
  return {
    num_output: c.group * c.outputsPerGroup,
    group: c.group,
    bias_term: c.biased,
    axis: c.fromEnd ? -1 - c.size.length : c.outer.length,
    kernel_size: c.kernel.length > 0 ? written(c.kernel) : [],
    stride: written(c.stride),
    pad: written(c.pad),
    dilation: written(c.dilation),
  };
}

function check(type: 'Convolution' | 'Deconvolution', c: Case): void {
  const [channels, outputs] = [c.group * c.channelsPerGroup, c.group * c.outputsPerGroup];
  const taps = count(c.kernel);
  const weights = uniform([(channels * outputs * taps) / c.group], c.seed, 'weights').data;
  const bias = c.biased ? uniform([outputs], c.seed, 'bias').data : undefined;
  const inputs = Array.from({ length: c.bottoms }, (_, i) =>
    uniform([...c.outer, channels, ...c.size], c.seed, `x${i}`),
  );
  const layer = new OneLayer({ type, convolution_param: parameters(c) }, inputs, c.bottoms);
  const tops = layer.setParams(bias ? [weights, bias] : [weights]).forward();
  tops.forEach((top, i) => {
    const task = { ...c, num: count(c.outer), channels, outputs, x: inputs[i]!.data, weights, bias };
    const reference = type === 'Convolution' ? convolutionReference(task) : deconvolutionReference(task);
    expect(layer.top[i]!.shape).toEqual([...c.outer, outputs, ...reference.size]);
    expectClose(top, reference.data, reference.tolerance);
  });
}

/** A case with one of everything, to be changed by what is given. */
const plain = (changes: Partial<Case>): Case => {
  const size = changes.size ?? [5, 6];
  const all = (value: number): number[] => size.map(() => value);
  return {
    ...{ outer: [1], channelsPerGroup: 3, outputsPerGroup: 5, group: 1, size, biased: true, bottoms: 1 },
    ...{ kernel: all(3), stride: all(1), pad: all(0), dilation: all(1), seed: 1, fromEnd: false },
    ...changes,
  };
};

const fits = (c: Case): boolean => windowPositions(c.size, c).every((n) => n >= 0);
const spreads = (c: Case): boolean => spreadSize(c.size, c).every((n) => n >= 0);

describe('Convolution', () => {
  test('of random shapes and settings', () => {
    fc.assert(
      fc.property(cases({ min: 1, max: 3 }).filter(fits), (c) => check('Convolution', c)),
      { numRuns: 300 },
    );
  });

  test.each([1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33])('with %i outputs and positions', (n) => {
    check('Convolution', plain({ outputsPerGroup: n, size: [3, n + 2] }));
  });

  test('of more positions than a block holds', () => {
    check('Convolution', plain({ size: [23, 25], pad: [1, 1] }));
  });

  test('of more products than a block sums', () => {
    check('Convolution', plain({ channelsPerGroup: 60, size: [4, 5] }));
  });

  test('of more outputs than a block holds', () => {
    check('Convolution', plain({ outputsPerGroup: 261, size: [3, 4], kernel: [2, 2] }));
  });

  test('with a 1x1 kernel', () => {
    check('Convolution', plain({ kernel: [1, 1], outer: [2] }));
    check('Convolution', plain({ kernel: [1, 1], size: [23, 23], channelsPerGroup: 260 }));
  });

  test('with a 1x1 kernel and padding', () => {
    check('Convolution', plain({ kernel: [1, 1], pad: [2, 1] }));
  });

  test('with a kernel of the size of the image, for few images and for many', () => {
    for (const outer of [[1], [3], [9]]) check('Convolution', plain({ size: [3, 3], channelsPerGroup: 30, outer }));
  });

  test('with a grouped kernel of the size of the image', () => {
    check('Convolution', plain({ size: [3, 3], group: 2 }));
  });

  test('without spatial axes', () => {
    check('Convolution', plain({ size: [], channelsPerGroup: 7, outer: [4] }));
  });

  test('of single channels', () => {
    for (const stride of [1, 2, 3, 4])
      for (const dilation of [1, 2, 3])
        for (const outputsPerGroup of [1, 2, 3])
          check(
            'Convolution',
            plain({
              ...{ group: 3, channelsPerGroup: 1, outputsPerGroup, size: [11, 37], kernel: [3, 4] },
              ...{ stride: [2, stride], pad: [2, 3], dilation: [1, dilation] },
            }),
          );
  });

  test('of single channels, padded by more than the kernel', () => {
    check('Convolution', plain({ group: 4, channelsPerGroup: 1, outputsPerGroup: 1, pad: [7, 9], stride: [3, 5] }));
  });

  test('of a window that is one pixel too large for the image, and has a position all the same', () => {
    const c = plain({ size: [3, 3], kernel: [4, 4], stride: [2, 2] });
    expect(windowPositions(c.size, c)).toEqual([1, 1]);
    check('Convolution', c);
    check('Convolution', { ...c, group: 3, channelsPerGroup: 1, outputsPerGroup: 1 });
  });

  test('with dilation 0: the kernel is read in one place', () => {
    check('Convolution', plain({ dilation: [0, 0] }));
  });

  test('with an empty top', () => {
    const c = plain({ size: [2, 5], kernel: [3, 3] });
    expect(windowPositions(c.size, c)).toEqual([0, 3]);
    check('Convolution', c);
  });

  test('of four spatial axes', () => {
    check('Convolution', plain({ size: [3, 4, 3, 4], kernel: [2, 1, 2, 3], pad: [0, 1, 1, 1], stride: [1, 2, 1, 2] }));
  });

  test('of other sizes after a reshape', () => {
    const layer = new OneLayer({ type: 'Convolution', convolution_param: { num_output: 2, kernel_size: [3] } }, [
      [1, 2, 5, 5],
    ]);
    const weights = uniform([2 * 2 * 9], 1, 'w').data;
    layer.setParams([weights]).forward();
    const x = uniform([2, 2, 9, 40], 2, 'x');
    const [y] = layer.set([x]).forward();
    const task = { ...plain({ size: [9, 40], group: 1 }), num: 2, channels: 2, outputs: 2, x: x.data, weights };
    const reference = convolutionReference(task);
    expect(layer.top[0]!.shape).toEqual([2, 2, 7, 38]);
    expectClose(y!, reference.data, reference.tolerance);
  });

  test('keeps a NaN in the results that read it, and nowhere else', () => {
    const x = new Float32Array(36).fill(1);
    x[7] = NaN; // row 1, column 1
    const layer = new OneLayer(
      { type: 'Convolution', convolution_param: { num_output: 1, kernel_size: [3], bias_term: false } },
      [{ shape: [1, 1, 6, 6], data: x }],
    );
    const [y] = layer.setParams([new Float32Array(9).fill(1)]).forward();
    expect(Array.from(y!)).toEqual([NaN, NaN, 9, 9, NaN, NaN, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]);
  });

  test.each(['gaussian', 'positive'])('of 9216 products is within 1e-6 of the largest output: %s values', (kind) => {
    // The promise of the algorithm 'gemm'. 9216 products one after another would miss it with positive values.
    const [channels, outputs] = [1024, 5];
    const low = kind === 'positive' ? 0 : -1;
    const x = uniform([1, channels, 5, 5], 3, 'x', low, 1);
    const weights = uniform([outputs * channels * 9], 4, 'w', low, 1).data;
    const layer = new OneLayer(
      { type: 'Convolution', convolution_param: { num_output: outputs, kernel_size: [3], bias_term: false } },
      [x],
    );
    const [y] = layer.setParams([weights]).forward();
    const window = { kernel: [3, 3], stride: [1, 1], pad: [0, 0], dilation: [1, 1] };
    const { data } = convolutionReference({
      ...{ ...window, num: 1, channels, size: [5, 5], outputs, group: 1, x: x.data, weights },
    });
    expectClose(y!, data, 1e-6 * Math.max(...data.map(Math.abs)));
  });
});

describe('Deconvolution', () => {
  test('of random shapes and settings', () => {
    fc.assert(
      fc.property(cases({ min: 1, max: 3 }).filter(spreads), (c) => check('Deconvolution', c)),
      { numRuns: 300 },
    );
  });

  test('of single channels', () => {
    for (const stride of [1, 2, 3, 4])
      for (const dilation of [1, 2, 3])
        for (const outputsPerGroup of [1, 2])
          check(
            'Deconvolution',
            plain({
              ...{ group: 3, channelsPerGroup: 1, outputsPerGroup, size: [7, 13], kernel: [3, 4] },
              ...{ stride: [2, stride], pad: [2, 3], dilation: [1, dilation], outer: [2] },
            }),
          );
  });

  test('of single channels, with a stride greater than the kernel', () => {
    check(
      'Deconvolution',
      plain({ group: 3, channelsPerGroup: 1, outputsPerGroup: 1, kernel: [2, 2], stride: [3, 5] }),
    );
  });

  test('of more outputs than are computed at a time', () => {
    // 16 kernel positions of 500 channels are 32 000 bytes of weights for each output, 262 of them to a piece.
    check(
      'Deconvolution',
      plain({ channelsPerGroup: 500, outputsPerGroup: 300, size: [1, 1], kernel: [4, 4], pad: [1, 1] }),
    );
  });

  test('of three axes, single channels', () => {
    check(
      'Deconvolution',
      plain({ group: 2, channelsPerGroup: 1, outputsPerGroup: 2, size: [3, 4, 5], stride: [2, 1, 2] }),
    );
  });

  test('without spatial axes', () => {
    check('Deconvolution', plain({ size: [], channelsPerGroup: 7, outer: [4] }));
  });

  test('upsamples by a bilinear kernel of one channel each', () => {
    const layer = new OneLayer(
      {
        type: 'Deconvolution',
        convolution_param: {
          ...{ num_output: 2, group: 2, kernel_size: [4], stride: [2], pad: [1], bias_term: false },
          weight_filler: { type: 'bilinear' },
        },
      },
      [{ shape: [1, 2, 1, 2], data: [1, 5, 2, 2] }],
    );
    const [y] = layer.forward();
    // Three quarters of the nearer and a quarter of the farther value, 0 beyond the border; a row is half inside.
    const row = [0.75, 2, 4, 3.75].map((v) => v * 0.75);
    const constant = [1.5, 2, 2, 1.5].map((v) => v * 0.75);
    expect(Array.from(y!)).toEqual([...row, ...row, ...constant, ...constant]);
  });
});

describe('Im2col', () => {
  test('of random shapes and settings', () => {
    fc.assert(
      fc.property(cases({ min: 1, max: 3 }).filter(fits), (c) => {
        const channels = c.channelsPerGroup;
        const x = uniform([...c.outer, channels, ...c.size], c.seed, 'x');
        const layer = new OneLayer({ type: 'Im2col', convolution_param: parameters(c) }, [x]);
        const [y] = layer.forward();
        const rows = channels * count(c.kernel);
        expect(layer.top[0]!.shape).toEqual([...c.outer, rows, ...windowPositions(c.size, c)]);
        expectClose(y!, im2colReference({ ...c, num: count(c.outer), channels, x: x.data }), 0);
      }),
      { numRuns: 300 },
    );
  });
});

describe('InnerProduct', () => {
  const check = (c: {
    batch: number[];
    vector: number[];
    outputs: number;
    transpose: boolean;
    biased: boolean;
  }): void => {
    const { batch, vector, outputs, transpose, biased } = c;
    const x = uniform([...batch, ...vector], 5, 'x');
    const length = count(vector);
    const weights = uniform([length * outputs], 6, 'w').data;
    const bias = biased ? uniform([outputs], 7, 'b').data : undefined;
    const param: LayerParameter = {
      type: 'InnerProduct',
      inner_product_param: { num_output: outputs, axis: batch.length, bias_term: biased, transpose },
    };
    const layer = new OneLayer(param, [x]);
    expect(layer.layer.blobs[0]!.shape).toEqual(transpose ? [length, outputs] : [outputs, length]);
    const [y] = layer.setParams(bias ? [weights, bias] : [weights]).forward();
    expect(layer.top[0]!.shape).toEqual([...batch, outputs]);
    const task = { batch: count(batch), length, outputs, transpose, x: x.data, weights, bias };
    const { data, tolerance } = innerProductReference(task);
    expectClose(y!, data, tolerance);
  };

  test('of random shapes and settings', () => {
    const dims = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 });
    fc.assert(
      fc.property(
        fc.record({
          batch: dims,
          vector: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
          outputs: fc.integer({ min: 1, max: 40 }),
          transpose: fc.boolean(),
          biased: fc.boolean(),
        }),
        check,
      ),
      { numRuns: 200 },
    );
  });

  test.each([1, 7, 8, 9, 33])('of %i rows and more products than a block sums', (rows) => {
    for (const transpose of [false, true])
      check({ batch: [rows], vector: [1100], outputs: 9, transpose, biased: true });
  });

  test('of more outputs than a block holds', () => {
    for (const transpose of [false, true]) check({ batch: [9], vector: [30], outputs: 523, transpose, biased: false });
  });

  test('of all axes: axis 0', () => {
    check({ batch: [], vector: [2, 3], outputs: 4, transpose: false, biased: true });
  });

  test.each([1, 16])('of 25088 products and %i rows is within 1e-6 of the largest output', (rows) => {
    const [length, outputs] = [25088, 2];
    const x = uniform([rows, length], 8, 'x', 0, 1);
    const weights = uniform([outputs * length], 9, 'w', -0.5, 1).data;
    const layer = new OneLayer(
      { type: 'InnerProduct', inner_product_param: { num_output: outputs, bias_term: false } },
      [x],
    );
    const [y] = layer.setParams([weights]).forward();
    const { data } = innerProductReference({ batch: rows, length, outputs, transpose: false, x: x.data, weights });
    expectClose(y!, data, 1e-6 * Math.max(...data.map(Math.abs)));
  });
});

describe('refusals', () => {
  const x = [1, 4, 8, 8];
  const refusalOf = (type: string, param: ConvolutionParameter, inputs: number[][] = [x]): string =>
    messageOf(() => new OneLayer({ type, convolution_param: param }, inputs, inputs.length));

  /** What is refused, and the words after the layer's name. */
  const TABLE: readonly [string, ConvolutionParameter, string, number[][]?][] = [
    [
      'a group that does not divide the channels',
      { num_output: 6, kernel_size: [3], group: 3 },
      'channels_ % group_ == 0 (1 vs. 0): group (3) must divide the 4 channels of bottom[0], 1 4 8 8 (256)',
    ],
    [
      'a group that does not divide the outputs',
      { num_output: 3, kernel_size: [3], group: 2 },
      'Number of output should be multiples of group: num_output is 3, group 2',
    ],
    ['group 0', { num_output: 3, kernel_size: [3], group: 0 }, 'group must be positive, got 0'],
    [
      'no kernel size',
      { num_output: 2 },
      'kernel_size must be specified once, or once per spatial dimension ' +
        '(kernel_size specified 0 times; 2 spatial dims).\n' +
        'hint: write kernel_size: 3, or kernel_h and kernel_w',
    ],
    [
      'three kernel sizes for two axes',
      { num_output: 2, kernel_size: [3, 3, 3] },
      'kernel_size must be specified once, or once per spatial dimension ' +
        '(kernel_size specified 3 times; 2 spatial dims).',
    ],
    [
      'two strides for three axes',
      { num_output: 2, kernel_size: [3], stride: [1, 2] },
      'stride must be specified once, or once per spatial dimension (stride specified 2 times; 3 spatial dims).',
      [[1, 4, 8, 8, 8]],
    ],
    [
      'two dilations for three axes',
      { num_output: 2, kernel_size: [3], dilation: [1, 2] },
      'dilation must be specified once, or once per spatial dimension (dilation specified 2 times; 3 spatial dims).',
      [[1, 4, 8, 8, 8]],
    ],
    [
      'kernel_h for three axes',
      { num_output: 2, kernel_h: 3, kernel_w: 3 },
      'kernel_h & kernel_w can only be used for 2D convolution; this one has 3 spatial axes\n' +
        'hint: give kernel_size once, or 3 times',
      [[1, 4, 8, 8, 8]],
    ],
    [
      'both forms of the kernel size',
      { num_output: 4, kernel_size: [3], kernel_h: 3, kernel_w: 5 },
      'Either kernel_size or kernel_h/w should be specified; not both: ' +
        'kernel_size is 3, kernel_h 3, kernel_w 5\n' +
        'hint: remove kernel_size, or remove kernel_h and kernel_w',
    ],
    [
      'both forms of the padding',
      { num_output: 4, kernel_size: [3], pad: [1], pad_w: 2 },
      'Either pad or pad_h/w should be specified; not both: pad is 1, pad_h not given, pad_w 2\n' +
        'hint: remove pad, or remove pad_h and pad_w',
    ],
    [
      'kernel_h without kernel_w',
      { num_output: 4, kernel_h: 3 },
      'Filter dimensions must be nonzero: kernel is 3 x 0\nhint: give both kernel_h and kernel_w',
    ],
    ['kernel size 0', { num_output: 4, kernel_size: [0] }, 'Filter dimensions must be nonzero: kernel is 0 x 0'],
    [
      'stride 0',
      { num_output: 4, kernel_size: [3], stride: [0] },
      'Stride dimensions must be nonzero: stride is 0 x 0',
    ],
    [
      'no outputs',
      { kernel_size: [3] },
      'num_output_ > 0 (0 vs. 0): num_output must be positive\n' +
        'hint: write num_output, the number of channels of the top',
    ],
    [
      'an axis that there is not',
      { num_output: 2, kernel_size: [3], axis: 4 },
      'axis 4 out of range for 4-D Blob with shape 1 4 8 8 (256)',
    ],
    [
      'bottoms of two shapes',
      { num_output: 2, kernel_size: [3] },
      'shape mismatch - bottom[0]: 1 4 8 8 (256) vs. bottom[1]: 1 4 8 7 (224)\n' +
        'hint: bottoms of one layer must have the same shape; layers can share weights through param { name }',
      [x, [1, 4, 8, 7]],
    ],
    [
      'a window larger than the image',
      { num_output: 2, kernel_size: [11] },
      'the top would have the spatial size -2 x -2: bottom[0] is 1 4 8 8 (256), kernel 11 x 11, pad 0 x 0, ' +
        'stride 1 x 1, dilation 1 x 1\n' +
        'hint: the window does not fit: a larger input or another pad is needed',
    ],
  ];

  test.each(TABLE.map(([name, ...row]) => ({ name, row })))('$name', ({ row: [param, expected, inputs] }) => {
    const message = refusalOf('Convolution', param, inputs);
    // An axis that does not exist is known to the blob, not to the layer; the net adds the layer's name.
    expect(message.replace(/^layer 'l' \(Convolution\): /, '')).toBe(expected);
  });

  test('Deconvolution: padding larger than its output', () => {
    expect(refusalOf('Deconvolution', { num_output: 2, kernel_size: [1], pad: [6] })).toBe(
      "layer 'l' (Deconvolution): the top would have the spatial size -4 x -4: bottom[0] is 1 4 8 8 (256), " +
        'kernel 1 x 1, pad 6 x 6, stride 1 x 1, dilation 1 x 1\n' +
        'hint: the window does not fit: a larger input or another pad is needed',
    );
  });

  test('in place', () => {
    const param: LayerParameter = { type: 'Convolution', convolution_param: { num_output: 4, kernel_size: [1] } };
    expect(messageOf(() => new OneLayer(param, [x], 'in place'))).toBe(
      "layer 'l' (Convolution): Convolution Layer does not allow in-place computation.\n" +
        'hint: give the top a name of its own',
    );
  });

  test('other channels, or another number of axes, after setting up', () => {
    const layer = new OneLayer({ type: 'Convolution', convolution_param: { num_output: 4, kernel_size: [3] } }, [x]);
    expect(messageOf(() => layer.set([[1, 5, 8, 8]]).forward())).toBe(
      "layer 'l' (Convolution): Input size incompatible with convolution kernel: bottom[0] is 1 5 8 8 (320), " +
        'the weights are for 4 channels',
    );
    expect(messageOf(() => layer.set([[1, 4, 8]]).forward())).toBe(
      "layer 'l' (Convolution): bottom num_axes may not change: bottom[0] is 1 4 8 (32), " +
        'the layer was set up for 4 axes',
    );
  });

  test('Im2col without spatial axes', () => {
    expect(refusalOf('Im2col', { kernel_size: [3], axis: 3 })).toBe(
      "layer 'l' (Im2col): num_spatial_axes_ >= 1 (0 vs. 1): no axis follows the channels' axis 3 of bottom[0], " +
        '1 4 8 8 (256)',
    );
  });

  test('InnerProduct of vectors of another length', () => {
    const param: LayerParameter = { type: 'InnerProduct', inner_product_param: { num_output: 3 } };
    const layer = new OneLayer(param, [[2, 5]]);
    expect(messageOf(() => layer.set([[2, 6]]).forward())).toBe(
      "layer 'l' (InnerProduct): Input size incompatible with inner product parameters: bottom[0] is 2 6 (12), " +
        '6 from axis 1 on; the weights are for 5',
    );
    expect(messageOf(() => new OneLayer({ type: 'InnerProduct' }, [[2, 5]]))).toBe(
      "layer 'l' (InnerProduct): num_output must be positive, got 0\n" +
        'hint: write num_output, the number of results for each vector',
    );
  });
});
