/** Eltwise against double precision, and what in-place use does to it in Caffe. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EltwiseParameter_EltwiseOp as Op, type EltwiseParameter } from '../../src/generated/messages.js';
import { expectClose, messageOf, ROUNDING } from '../support/close.js';
import { OneLayer, runLayer } from '../support/one-layer.js';
import { seeds, shapes, uniform } from '../support/values.js';

const FLT_MAX = 3.4028234663852886e38;
const bottoms = (...data: number[][]) => data.map((values) => ({ shape: [values.length], data: values }));
const run = (eltwise_param: EltwiseParameter, ...data: number[][]) =>
  Array.from(runLayer({ type: 'Eltwise', eltwise_param }, bottoms(...data))[0]!);

describe('Eltwise', () => {
  test('agrees with double precision', () => {
    fc.assert(
      fc.property(
        shapes(),
        fc.integer({ min: 2, max: 5 }),
        fc.constantFrom(Op.PROD, Op.SUM, Op.MAX),
        fc.boolean(),
        seeds,
        (shape, n, operation, weighted, seed) => {
          const inputs = Array.from({ length: n }, (_, i) => uniform(shape, seed, `x${i}`));
          const coeff = operation === Op.PROD || !weighted ? [] : Array.from(uniform([n], seed, 'coeff').data);
          const layer = new OneLayer({ type: 'Eltwise', eltwise_param: { operation, coeff } }, inputs);
          expect(layer.top[0]!.shape).toEqual(shape);
          const expected = Array.from(inputs[0]!.data, (_, i) => {
            const values = inputs.map(({ data }) => data[i]!);
            if (operation === Op.PROD) return values.reduce((a, b) => a * b);
            // Caffe takes coefficients for maxima and does not look at them.
            if (operation === Op.MAX) return Math.max(...values);
            return values.reduce((sum, v, k) => sum + (coeff[k] ?? 1) * v, 0);
          });
          // Products of five values below 2 stay below 32 and are rounded four times; sums of five terms below 4 stay
          // below 20 and are rounded nine times.
          expectClose(layer.forward()[0]!, expected, 9 * 32 * ROUNDING);
        },
      ),
    );
  });

  test('sums by default', () => {
    expect(run({}, [1, 2, 3, 4, 5], [10, 20, 30, 40, 50])).toEqual([11, 22, 33, 44, 55]);
  });

  test('does not look at a bottom whose coefficient is 0', () => {
    expect(run({ coeff: [0, 1] }, [NaN, Infinity], [1, 2])).toEqual([1, 2]);
    expect(run({ coeff: [1, 0, 2] }, [1, 2], [NaN, Infinity], [3, 4])).toEqual([7, 10]);
    expect(run({ coeff: [0, 0] }, [NaN, 1], [NaN, 1])).toEqual([0, 0]);
  });

  test('MAX of two: the second unless the first is greater, so that a NaN in the first yields and one in the second stays', () => {
    expect(run({ operation: Op.MAX }, [NaN, 1, 2], [1, NaN, 1])).toEqual([1, NaN, 2]);
  });

  test('MAX of three: the third only when it is greater', () => {
    expect(run({ operation: Op.MAX }, [1, NaN, -Infinity], [2, NaN, -Infinity], [NaN, 3, -Infinity])).toEqual([
      2,
      NaN,
      -Infinity,
    ]);
  });

  const inPlace = (eltwise_param: EltwiseParameter, which: number): number[] => {
    const layer = new OneLayer({ type: 'Eltwise', eltwise_param }, bottoms([3], [5], [7]));
    layer.layer.forward(layer.bottom, [layer.bottom[which]!]);
    return Array.from(layer.bottom[which]!.data);
  };

  test('PROD works in place on its first bottom', () => {
    expect(inPlace({ operation: Op.PROD }, 0)).toEqual([105]);
  });

  test('SUM in place has lost the bottom that is its top', () => {
    expect(inPlace({}, 0)).toEqual([12]);
    // Caffe: y = 0; y += 3; y += y; y += 7.
    expect(inPlace({}, 1)).toEqual([13]);
  });

  test('MAX in place has lost the bottom that is its top', () => {
    const layer = new OneLayer({ type: 'Eltwise', eltwise_param: { operation: Op.MAX } }, bottoms([9], [-Infinity]));
    layer.layer.forward(layer.bottom, [layer.bottom[0]!]);
    expect(layer.bottom[0]!.data[0]).toBe(Math.fround(-FLT_MAX));
  });

  test('refuses bottoms of different shapes, with a hint for those who want broadcasting', () => {
    expect(messageOf(() => new OneLayer({ type: 'Eltwise' }, [[1, 4], [1, 4], [4]]))).toBe(
      "layer 'l' (Eltwise): all bottoms must have one shape: bottom[0]: 1 4 (4), bottom[2]: 4 (4)\n" +
        'hint: Eltwise does not broadcast; to multiply by one value a channel, use a Scale layer with two bottoms and axis: 0, ' +
        'and put a Flatten before a second bottom of N x C x 1 x 1',
    );
  });

  test('refuses a wrong number of coefficients, and coefficients of products', () => {
    expect(messageOf(() => new OneLayer({ type: 'Eltwise', eltwise_param: { coeff: [1] } }, [[1], [1]]))).toBe(
      "layer 'l' (Eltwise): Eltwise Layer takes one coefficient per bottom blob: 1 coefficients, 2 bottoms",
    );
    expect(
      messageOf(
        () => new OneLayer({ type: 'Eltwise', eltwise_param: { operation: Op.PROD, coeff: [1, 1] } }, [[1], [1]]),
      ),
    ).toBe(
      "layer 'l' (Eltwise): Eltwise layer only takes coefficients for summation.\n" +
        'hint: remove coeff, or scale the product by a Power layer',
    );
  });
});
