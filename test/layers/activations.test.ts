/** Layers that compute each element on its own, against double precision and C's corner cases. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LayerParameter } from '../../src/generated/messages.js';
import { expectClose, messageOf, ROUNDING } from '../support/close.js';
import { OneLayer, runLayer } from '../support/one-layer.js';
import { seeds, shapes, uniform } from '../support/values.js';

interface Activation {
  param: LayerParameter;
  f: (x: number) => number;
  range?: readonly [number, number];
}

const f32 = Math.fround;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const ACTIVATIONS: Record<string, Activation> = {
  AbsVal: { param: { type: 'AbsVal' }, f: Math.abs },
  BNLL: { param: { type: 'BNLL' }, f: (x) => Math.log1p(Math.exp(x)) },
  Clip: { param: { type: 'Clip', clip_param: { min: -0.5, max: 0.75 } }, f: (x) => Math.min(Math.max(x, -0.5), 0.75) },
  ELU: { param: { type: 'ELU', elu_param: { alpha: 0.3 } }, f: (x) => (x > 0 ? x : f32(0.3) * Math.expm1(x)) },
  'ELU of alpha 0': { param: { type: 'ELU', elu_param: { alpha: 0 } }, f: (x) => Math.max(x, 0) },
  Exp: { param: { type: 'Exp' }, f: Math.exp },
  'Exp of base 2': {
    param: { type: 'Exp', exp_param: { base: 2, scale: 0.5, shift: 1 } },
    f: (x) => 2 ** (1 + 0.5 * x),
  },
  Log: { param: { type: 'Log' }, f: Math.log, range: [0.01, 5] },
  'Log of base 10': {
    param: { type: 'Log', log_param: { base: 10, scale: 2, shift: 0.5 } },
    f: (x) => Math.log10(0.5 + 2 * x),
    range: [0.01, 5],
  },
  'Power 1': { param: { type: 'Power', power_param: { scale: 2, shift: 0.25 } }, f: (x) => 2 * x + 0.25 },
  'Power 2': { param: { type: 'Power', power_param: { power: 2, shift: 1 } }, f: (x) => (x + 1) ** 2 },
  'Power 0.5': { param: { type: 'Power', power_param: { power: 0.5, shift: 5 } }, f: (x) => Math.sqrt(x + 5) },
  'Power -1': { param: { type: 'Power', power_param: { power: -1, shift: 5 } }, f: (x) => 1 / (x + 5) },
  'Power 0': { param: { type: 'Power', power_param: { power: 0 } }, f: () => 1 },
  ReLU: { param: { type: 'ReLU' }, f: (x) => Math.max(x, 0) },
  'leaky ReLU': {
    param: { type: 'ReLU', relu_param: { negative_slope: 0.1 } },
    f: (x) => (x > 0 ? x : f32(0.1) * x),
  },
  Sigmoid: { param: { type: 'Sigmoid' }, f: sigmoid, range: [-40, 40] },
  Swish: { param: { type: 'Swish' }, f: (x) => x * sigmoid(x), range: [-30, 30] },
  'Swish of beta 1.5': { param: { type: 'Swish', swish_param: { beta: 1.5 } }, f: (x) => x * sigmoid(1.5 * x) },
  TanH: { param: { type: 'TanH' }, f: Math.tanh, range: [-20, 20] },
  Threshold: { param: { type: 'Threshold', threshold_param: { threshold: 0.5 } }, f: (x) => (x > 0.5 ? 1 : 0) },
};

describe('activations', () => {
  test.each(Object.entries(ACTIVATIONS))('%s', (_name, { param, f, range = [-3, 3] }) => {
    fc.assert(
      fc.property(shapes(), seeds, (shape, seed) => {
        const x = uniform(shape, seed, 'x', ...range);
        const layer = new OneLayer(param, [x]);
        expect(layer.top[0]!.shape).toEqual(shape);
        const expected = Array.from(x.data, f);
        // At most five roundings of values no larger than the largest of the argument, the result and 1, the 2 ulp of
        // the exponential among them; an exponential multiplies its argument's rounding by itself, at most |x| e^x.
        const size = Array.from(x.data, (v, i) => Math.max(1, Math.abs(v)) * Math.max(1, Math.abs(expected[i]!)));
        expectClose(
          layer.forward()[0]!,
          expected,
          size.map((s) => 8 * ROUNDING * s),
        );
      }),
    );
  });

  test.each(Object.entries(ACTIVATIONS).filter(([, { param }]) => param.type !== 'AbsVal'))(
    '%s gives the same in place',
    (_name, { param, range = [-3, 3] }) => {
      const x = uniform([3, 7], 1, 'x', ...range);
      expect(runLayer(param, [x], { tops: 'in place' })).toEqual(runLayer(param, [x]));
    },
  );

  test.each(Object.entries(ACTIVATIONS))(
    '%s takes a blob without elements and one without axes',
    (_name, { param, f }) => {
      expect(runLayer(param, [[0, 3]])).toEqual([new Float32Array(0)]);
      const [y] = runLayer(param, [{ shape: [], data: [0.75] }]);
      expectClose(y!, [f(0.75)], 8 * ROUNDING);
    },
  );

  test('AbsVal refuses to work in place', () => {
    expect(messageOf(() => new OneLayer({ type: 'AbsVal' }, [[2]], 'in place'))).toBe(
      "layer 'l' (AbsVal): AbsVal Layer does not allow in-place computation.\nhint: give the top a name of its own",
    );
  });
});

/** Values at which C's conventions show, and what a layer makes of them; eight each, so that vectors see them too. */
const CORNERS: [string, LayerParameter, number[], number[]][] = [
  [
    'ReLU: NaN stays, -0 stays, and 0 times -Infinity is NaN',
    { type: 'ReLU' },
    [NaN, -0, -Infinity, Infinity],
    [NaN, -0, NaN, Infinity],
  ],
  [
    'leaky ReLU',
    { type: 'ReLU', relu_param: { negative_slope: 0.5 } },
    [NaN, -Infinity, -2, Infinity],
    [NaN, -Infinity, -1, Infinity],
  ],
  [
    'Clip makes NaN its minimum',
    { type: 'Clip', clip_param: { min: -1, max: 2 } },
    [NaN, -Infinity, Infinity],
    [-1, -1, 2],
  ],
  ['Threshold is strict', { type: 'Threshold', threshold_param: { threshold: 0.5 } }, [0.5, NaN, Infinity], [0, 0, 1]],
  [
    'Sigmoid is exactly 0 and 1 far out, as the double-precision tanh of Caffe gives it',
    { type: 'Sigmoid' },
    [-Infinity, -100, -40, 40, 200, Infinity, NaN],
    [0, 0, 0, 1, 1, 1, NaN],
  ],
  [
    'Sigmoid keeps small values in steps of 2^-54, as Caffe does',
    { type: 'Sigmoid' },
    [-36, -30, -25],
    [-36, -30, -25].map((x) => Math.round(sigmoid(x) / 2 ** -54) * 2 ** -54),
  ],
  ['TanH saturates', { type: 'TanH' }, [-Infinity, -100, -0, 100, NaN], [-1, -1, -0, 1, NaN]],
  ['Swish of -Infinity is NaN', { type: 'Swish' }, [-Infinity, Infinity, NaN], [NaN, Infinity, NaN]],
  ['ELU saturates', { type: 'ELU' }, [-Infinity, Infinity, NaN], [-1, Infinity, NaN]],
  [
    'Exp overflows and underflows',
    { type: 'Exp' },
    [89, -104, Infinity, -Infinity, NaN],
    [Infinity, 0, Infinity, 0, NaN],
  ],
  ['Log of 0 and below', { type: 'Log' }, [0, -0, -1, Infinity, NaN], [-Infinity, -Infinity, NaN, Infinity, NaN]],
  [
    'Power of negative numbers',
    { type: 'Power', power_param: { power: 0.5 } },
    [-1, 0, Infinity, NaN],
    [NaN, 0, Infinity, NaN],
  ],
  ['Power 0 does not look at NaN', { type: 'Power', power_param: { power: 0 } }, [NaN, Infinity], [1, 1]],
  [
    'Power with scale 0 does not look at NaN',
    { type: 'Power', power_param: { power: 2, scale: 0, shift: 3 } },
    [NaN, 5],
    [9, 9],
  ],
  ['Power: an explicit shift 0 with scale 0', { type: 'Power', power_param: { power: 2, scale: 0 } }, [5, NaN], [0, 0]],
  ['BNLL', { type: 'BNLL' }, [-Infinity, Infinity, NaN, 200, -200], [0, Infinity, NaN, 200, 0]],
  ['AbsVal', { type: 'AbsVal' }, [-Infinity, -0, NaN], [Infinity, 0, NaN]],
];

describe('corner cases', () => {
  test.each(CORNERS)('%s', (_name, param, x, y) => {
    const repeat = (values: number[]): number[] =>
      Array.from({ length: 8 * x.length }, (_, i) => values[i % x.length]!);
    const [actual] = runLayer(param, [{ shape: [8 * x.length], data: repeat(x) }]);
    // Within one rounding: exponentials are accurate to 2 ulp.
    expectClose(
      actual!,
      repeat(y),
      repeat(y).map((v) => (Number.isFinite(v) ? 4 * ROUNDING * Math.abs(v) : 0)),
    );
  });

  test('Exp reaches the denormals', () => {
    // 2^-140 is a multiple of the smallest denormal, 2^-149; the argument's rounding is 140 ln 2 · 2^-24 of the result.
    const [y] = runLayer({ type: 'Exp', exp_param: { base: 2 } }, [{ shape: [1], data: [-140] }]);
    expectClose(y!, [2 ** -140], 2 ** -149);
  });
});

describe('bases', () => {
  test.each([
    ['Exp', 'exp_param', 0, 'base must be strictly positive, got 0'],
    ['Exp', 'exp_param', -2, 'base must be strictly positive, got -2'],
    ['Log', 'log_param', 0, 'base must be strictly positive, got 0'],
    ['Log', 'log_param', -2, 'base must be strictly positive, got -2'],
  ])('%s refuses %s { base: %d }', (type, field, base, reason) => {
    expect(messageOf(() => new OneLayer({ type, [field]: { base } }, [[1]]))).toBe(
      `${reason}\nhint: base: -1 stands for e`,
    );
  });

  test('Log refuses base 1, whose logarithm is 0', () => {
    expect(messageOf(() => new OneLayer({ type: 'Log', log_param: { base: 1 } }, [[1]]))).toBe(
      "layer 'l' (Log): Inf result: 1/log(base) = 1/log(1) = Infinity\nhint: base must not be 1",
    );
  });

  test('Exp takes base 1', () => {
    expect(runLayer({ type: 'Exp', exp_param: { base: 1, shift: 3 } }, [{ shape: [1], data: [7] }])).toEqual([
      Float32Array.of(1),
    ]);
  });
});

describe('PReLU', () => {
  const prelu = (x: number, slope: number): number => (x > 0 ? x : slope * x);

  test('has a slope for each channel', () => {
    fc.assert(
      fc.property(shapes({ minAxes: 2 }), seeds, (shape, seed) => {
        const x = uniform(shape, seed, 'x');
        const slope = uniform([shape[1]!], seed, 'slope');
        const inner = shape.slice(2).reduce((a, b) => a * b, 1);
        const layer = new OneLayer({ type: 'PReLU' }, [x]);
        expect(layer.layer.blobs.map((blob) => blob.shape)).toEqual([[shape[1]]]);
        const [y] = layer.setParams([slope.data]).forward();
        const expected = x.data.map((v, i) => prelu(v, slope.data[Math.floor(i / inner) % shape[1]!]!));
        // One product of numbers below 2, rounded once.
        expectClose(y!, expected, 4 * ROUNDING);
      }),
    );
  });

  test('has a single slope without axes when channel_shared', () => {
    const x = { shape: [1, 2, 2], data: [-1, 2, -3, 4] };
    const layer = new OneLayer({ type: 'PReLU', prelu_param: { channel_shared: true } }, [x]);
    expect(layer.layer.blobs.map((blob) => blob.shape)).toEqual([[]]);
    expect(layer.setParams([[-2]]).forward()).toEqual([Float32Array.of(2, 2, 6, 4)]);
  });

  test('slopes start as 0.25', () => {
    expect(runLayer({ type: 'PReLU' }, [{ shape: [1, 2], data: [-4, 4] }])).toEqual([Float32Array.of(-1, 4)]);
  });

  test('works in place', () => {
    const x = { shape: [1, 2, 2], data: [-1, 2, -3, 4] };
    const options = { tops: 'in place' as const, params: [[2, 3]] };
    expect(runLayer({ type: 'PReLU' }, [x], options)).toEqual([Float32Array.of(-2, 2, -9, 4)]);
  });

  test('refuses one axis, and five', () => {
    expect(messageOf(() => new OneLayer({ type: 'PReLU' }, [[4]]))).toBe(
      "layer 'l' (PReLU): Number of axes of bottom blob must be >=2, got 1",
    );
    expect(messageOf(() => new OneLayer({ type: 'PReLU' }, [[1, 2, 1, 1, 1]]))).toBe(
      'this layer takes blobs of at most 4 axes, got 5: Cannot use legacy accessors on Blobs with > 4 axes',
    );
  });
});
