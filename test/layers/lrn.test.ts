/** LRN against double precision, across and within channels, and what it refuses. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LRNParameter_NormRegion as Region } from '../../src/generated/messages.js';
import { expectClose, messageOf, ROUNDING } from '../support/close.js';
import { OneLayer, runLayer } from '../support/one-layer.js';
import { lrnReference } from '../support/reference-layers.js';
import { seeds, shapes, uniform } from '../support/values.js';

const options = fc.record({
  size: fc.constantFrom(1, 3, 5, 7),
  alpha: fc.constantFrom(1e-4, 0.1, 1, 5),
  beta: fc.constantFrom(0.75, 0.5, 1, 0.3, 2),
  k: fc.constantFrom(1, 2),
  isWithin: fc.boolean(),
});

function param({
  size,
  alpha,
  beta,
  k,
  isWithin,
}: {
  size: number;
  alpha: number;
  beta: number;
  k: number;
  isWithin: boolean;
}) {
  const norm_region = isWithin ? Region.WITHIN_CHANNEL : Region.ACROSS_CHANNELS;
  return { type: 'LRN', lrn_param: { local_size: size, alpha, beta, k, norm_region } };
}

/**
 * Error relative to the result: alpha / size, squares and up to 49 additions make the sum err by 53 ROUNDING of itself
 * (all terms are positive), which beta (at most 2) multiplies; the power errs by 4 ROUNDING, beta itself is rounded to
 * float32, which the logarithm of a scale below 100 multiplies by 2 * 4.6; the last product rounds once.
 */
const RELATIVE = (2 * 53 + 4 + 10 + 1) * ROUNDING;

describe('LRN', () => {
  test('equals the formula', () => {
    fc.assert(
      fc.property(shapes({ minAxes: 4, maxDim: 9 }), seeds, options, (shape, seed, opt) => {
        const x = uniform(shape, seed, 'x', -4, 4);
        const expected = lrnReference(x.data, shape, opt);
        expectClose(
          runLayer(param(opt), [x])[0]!,
          expected,
          expected.map((y) => Math.abs(y) * RELATIVE),
        );
      }),
    );
  });

  test('within channels works in place', () => {
    fc.assert(
      fc.property(shapes({ minAxes: 4, maxDim: 9 }), seeds, options, (shape, seed, opt) => {
        const x = uniform(shape, seed, 'x', -4, 4);
        const within = { ...opt, isWithin: true };
        const expected = lrnReference(x.data, shape, within);
        const [y] = runLayer(param(within), [x], { tops: 'in place' });
        expectClose(
          y!,
          expected,
          expected.map((v) => Math.abs(v) * RELATIVE),
        );
      }),
    );
  });

  test('across channels in place gives the squared power, without x, as in Caffe', () => {
    fc.assert(
      fc.property(shapes({ minAxes: 4, maxDim: 9 }), seeds, options, (shape, seed, opt) => {
        const x = uniform(shape, seed, 'x', 1, 4);
        const across = { ...opt, isWithin: false };
        const expected = lrnReference(x.data, shape, across).map((y, i) => (y / x.data[i]!) ** 2);
        const [y] = runLayer(param(across), [x], { tops: 'in place' });
        expectClose(
          y!,
          expected,
          expected.map((v) => Math.abs(v) * 2 * RELATIVE),
        );
      }),
    );
  });

  test('a window larger than the blob', () => {
    const opt = { size: 21, alpha: 1, beta: 0.75, k: 1 };
    for (const isWithin of [false, true]) {
      const x = uniform([1, 3, 2, 5], 1, 'x');
      const expected = lrnReference(x.data, x.shape, { ...opt, isWithin });
      expectClose(runLayer(param({ ...opt, isWithin }), [x])[0]!, expected, 441 * ROUNDING);
    }
  });

  test('large squares leave nothing behind in the channels after them', () => {
    const x = { shape: [1, 8, 1, 1], data: [1e6, 0, 0, 0, 1, 1, 1, 1] };
    const opt = { size: 3, alpha: 3, beta: 0.75, k: 1, isWithin: false };
    expectClose(runLayer(param(opt), [x])[0]!.subarray(4), lrnReference(x.data, x.shape, opt).subarray(4), RELATIVE);
  });

  test('k has no effect within channels', () => {
    const x = uniform([1, 1, 3, 3], 1, 'x');
    const opt = { size: 3, alpha: 1, beta: 0.75, isWithin: true };
    expect(runLayer(param({ ...opt, k: 9 }), [x])).toEqual(runLayer(param({ ...opt, k: 1 }), [x]));
  });

  test('by default the window has 5 channels, alpha 1, beta 0.75 and k 1', () => {
    const x = uniform([1, 9, 1, 2], 1, 'x');
    const opt = { size: 5, alpha: 1, beta: 0.75, k: 1, isWithin: false };
    expect(runLayer({ type: 'LRN' }, [x])).toEqual(runLayer(param(opt), [x]));
  });

  test('refuses an even window and blobs that are no images', () => {
    expect(messageOf(() => new OneLayer({ type: 'LRN', lrn_param: { local_size: 4 } }, [[1, 1, 1, 1]]))).toBe(
      "layer 'l' (LRN): LRN only supports odd values for local_size (got 4; 0 vs. 1)\nhint: use 5",
    );
    expect(messageOf(() => new OneLayer({ type: 'LRN' }, [[2, 3]]))).toBe(
      "layer 'l' (LRN): Input must have 4 axes, corresponding to (num, channels, height, width) (4 vs. 2): " +
        'bottom[0] is 2 3 (6)',
    );
  });
});
