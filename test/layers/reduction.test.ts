/** Reduction against sums in double precision. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ReductionParameter_ReductionOp as Operation } from '../../src/generated/messages.js';
import { expectClose, messageOf, ROUNDING } from '../support/close.js';
import { OneLayer, runLayer } from '../support/one-layer.js';
import { count, seeds, shapes, uniform } from '../support/values.js';

const TERM = {
  SUM: (x: number) => x,
  ASUM: (x: number) => Math.abs(x),
  SUMSQ: (x: number) => x * x,
  MEAN: (x: number) => x,
};

describe('Reduction', () => {
  test.each(Object.keys(TERM) as (keyof typeof TERM)[])('%s reduces the last axes', (name) => {
    fc.assert(
      fc.property(
        shapes(),
        seeds,
        fc.nat(),
        fc.option(fc.double({ min: -3, max: 3, noNaN: true })),
        (shape, seed, a, coeff) => {
          const axis = a % shape.length;
          const x = uniform(shape, seed, 'x');
          const terms = count(shape.slice(axis));
          const factor = Math.fround(coeff ?? 1) / (name === 'MEAN' ? terms : 1);
          const expected = Array.from({ length: count(shape.slice(0, axis)) }, (_, i) =>
            x.data.subarray(i * terms, (i + 1) * terms).reduce((sum, v) => sum + TERM[name](v) * factor, 0),
          );
          const layer = new OneLayer(
            {
              type: 'Reduction',
              reduction_param: {
                operation: Operation[name],
                axis: axis - (seed % 2) * shape.length,
                ...(coeff === null ? {} : { coeff }),
              },
            },
            [x],
          );
          expect(layer.top[0]!.shape).toEqual(shape.slice(0, axis));
          // The sum, the coefficient and their product are each rounded once; terms are at most 4. Denormal coefficients
          // and results are rounded to multiples of 2^-149.
          expectClose(layer.forward()[0]!, expected, 4 * terms * (3 * ROUNDING * Math.abs(factor) + 2 ** -148));
        },
      ),
    );
  });

  test('axis 0 gives a scalar with no axes', () => {
    const layer = new OneLayer({ type: 'Reduction' }, [{ shape: [2, 2], data: [1, 2, 3, 4] }]);
    expect(layer.top[0]!.shape).toEqual([]);
    expect(layer.forward()).toEqual([Float32Array.of(10)]);
  });

  test('coeff 0 is not the default', () => {
    const x = { shape: [2], data: [1, 2] };
    expect(runLayer({ type: 'Reduction', reduction_param: { coeff: 0 } }, [x])).toEqual([Float32Array.of(0)]);
  });

  test('refuses an axis that does not exist', () => {
    expect(messageOf(() => new OneLayer({ type: 'Reduction', reduction_param: { axis: 2 } }, [[2, 2]]))).toBe(
      'axis 2 out of range for 2-D Blob with shape 2 2 (4)',
    );
  });
});
