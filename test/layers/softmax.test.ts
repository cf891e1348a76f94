/** Softmax against double precision, in place and along any axis. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { expectClose, messageOf, ROUNDING } from '../support/close.js';
import { OneLayer, runLayer } from '../support/one-layer.js';
import { softmaxReference } from '../support/reference-layers.js';
import { seeds, shapes, uniform } from '../support/values.js';

describe('Softmax', () => {
  test.each([[1 as const], ['in place' as const]])('equals the formula (tops: %p)', (tops) => {
    fc.assert(
      fc.property(shapes({ maxDim: 9 }), seeds, fc.nat(), fc.integer({ min: 1, max: 100 }), (shape, seed, a, range) => {
        const axis = a % shape.length;
        const x = uniform(shape, seed, 'x', -range, range);
        const expected = softmaxReference(x.data, shape, axis);
        const param = { type: 'Softmax', softmax_param: { axis: axis - (seed % 2) * shape.length } };
        const [y] = runLayer(param, [x], { tops });
        // x - max is rounded, which errs by 2 range * ROUNDING in the exponent; exp errs by 2 ulp = 4 ROUNDING, twice
        // since it is in the divisor too, where each of at most 9 additions adds ROUNDING; the division rounds once.
        expectClose(y!, expected, 2 * (2 * range + 4 + 9) * ROUNDING);
      }),
    );
  });

  test.each([1, 2, 3, 4, 5, 7, 8, 9, 1000])('%p classes side by side, and as columns of 1 to 9', (classes) => {
    for (const inner of [1, 2, 3, 4, 5, 8, 9]) {
      const x = uniform([2, classes, inner], classes, 'x', -4, 4);
      const [y] = runLayer({ type: 'Softmax' }, [x]);
      // As above; the sum of n positive terms in float32 errs by at most n ROUNDING of itself.
      expectClose(y!, softmaxReference(x.data, x.shape, 1), 2 * (8 + 4 + classes) * ROUNDING * 0.25);
    }
  });

  test('large scores do not overflow', () => {
    const x = { shape: [2, 2], data: [3e38, 3e38, -3e38, 3e38] };
    expect(runLayer({ type: 'Softmax' }, [x])).toEqual([Float32Array.of(0.5, 0.5, 0, 1)]);
  });

  test('a score of -infinity has probability 0, one of +infinity gives NaN, as in Caffe', () => {
    const x = { shape: [2, 2], data: [-Infinity, 0, Infinity, 0] };
    expect(runLayer({ type: 'Softmax' }, [x])).toEqual([Float32Array.of(0, 1, NaN, NaN)]);
  });

  test('a blob without elements stays one', () => {
    expect(runLayer({ type: 'Softmax' }, [[0, 3]])).toEqual([new Float32Array(0)]);
  });

  test('follows its bottom to a new shape', () => {
    const layer = new OneLayer({ type: 'Softmax' }, [[1, 2]]);
    const [y] = layer.set([{ shape: [2, 1, 2], data: [5, 6, 7, 8] }]).forward();
    expect(y).toEqual(Float32Array.of(1, 1, 1, 1));
    expect(layer.top[0]!.shape).toEqual([2, 1, 2]);
  });

  test('refuses an axis that does not exist', () => {
    expect(messageOf(() => new OneLayer({ type: 'Softmax' }, [[3]]))).toBe(
      'axis 1 out of range for 1-D Blob with shape 3 (3)',
    );
  });
});
