/** SPP against pooling written out, and what it refuses. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SPPParameter_PoolMethod as Method } from '../../src/generated/messages.js';
import { expectClose, messageOf, ROUNDING } from '../support/close.js';
import { OneLayer } from '../support/one-layer.js';
import { seeds, uniform, type Tensor } from '../support/values.js';

/** One level: for each window the pixels in it, and how many there would be with those of the padding. */
function windows(bins: number, size: number): { pixels: number[]; length: number }[] {
  const kernel = Math.ceil(size / bins);
  const pad = Math.ceil((kernel * bins - size) / 2);
  const found = [];
  for (let start = -pad; start < size; start += kernel) {
    const end = Math.min(start + kernel, size + pad);
    const pixels = [];
    for (let i = Math.max(start, 0); i < Math.min(end, size); i++) pixels.push(i);
    found.push({ pixels, length: end - start });
  }
  return found;
}

/** Whether Caffe accepts the padding of a level. */
function fits(bins: number, size: number): boolean {
  const kernel = Math.ceil(size / bins);
  return Math.ceil((kernel * bins - size) / 2) < kernel;
}

function pyramid({ shape, data }: Tensor, levels: number, isMax: boolean): number[] {
  const [num, channels, height, width] = shape as [number, number, number, number];
  const y: number[] = [];
  for (let n = 0; n < num; n++)
    for (let level = 0; level < levels; level++)
      for (let c = 0; c < channels; c++)
        for (const rows of windows(2 ** level, height))
          for (const columns of windows(2 ** level, width)) {
            const values = rows.pixels.flatMap((h) =>
              columns.pixels.map((w) => data[((n * channels + c) * height + h) * width + w]!),
            );
            const mean = values.reduce((s, v) => s + v, 0) / (rows.length * columns.length);
            y.push(isMax ? Math.max(...values) : mean);
          }
  return y;
}

describe('SPP', () => {
  test.each([
    ['MAX', Method.MAX],
    ['AVE', Method.AVE],
  ])('%s: the levels one after the other', (_, pool) => {
    const sizes = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(
        fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 }), sizes, sizes),
        seeds,
        fc.integer({ min: 1, max: 4 }),
        (shape, seed, wanted) => {
          // As many of the levels as the image is large enough for.
          let levels = 1;
          while (levels < wanted && fits(2 ** levels, shape[2]) && fits(2 ** levels, shape[3])) levels++;
          const x = uniform(shape, seed, 'x');
          const expected = pyramid(x, levels, pool === Method.MAX);
          const layer = new OneLayer({ type: 'SPP', spp_param: { pyramid_height: levels, pool } }, [x]);
          const [num, channels] = shape;
          expect(layer.top[0]!.shape).toEqual(levels === 1 ? [num, channels, 1, 1] : [num, expected.length / num]);
          // A maximum is exact; a mean of up to 400 values below 2 errs by a rounding in each addition and the division.
          expectClose(layer.forward()[0]!, expected, pool === Method.MAX ? 0 : 2 * 401 * ROUNDING);
        },
      ),
    );
  });

  test.each([1, 2])('follows its bottom to a new size (%p levels)', (levels) => {
    const layer = new OneLayer({ type: 'SPP', spp_param: { pyramid_height: levels } }, [[1, 1, 4, 4]]);
    const x = uniform([2, 3, 9, 6], 1, 'x');
    expect(layer.set([x]).forward()).toEqual([Float32Array.from(pyramid(x, levels, true))]);
    const smaller = uniform([1, 1, 5, 7], 1, 'x');
    expect(layer.set([smaller]).forward()).toEqual([Float32Array.from(pyramid(smaller, levels, true))]);
  });

  test('refuses an image that is too small for its levels', () => {
    expect(messageOf(() => new OneLayer({ type: 'SPP', spp_param: { pyramid_height: 3 } }, [[1, 1, 5, 8]]))).toBe(
      "layer 'l' (SPP): an image of 5 x 8 pixels is too small for the 4 x 4 windows of pyramid level 2: " +
        'pad_h_ < kernel_h_ (2 vs. 2), pad_w_ < kernel_w_ (0 vs. 2)\n' +
        'hint: use pyramid_height: 2 or a larger image',
    );
  });

  test('refuses to be without levels, stochastic pooling, and blobs that are no images', () => {
    expect(messageOf(() => new OneLayer({ type: 'SPP' }, [[1, 1, 4, 4]]))).toBe(
      "layer 'l' (SPP): pyramid_height must be positive (0 vs. 0): without levels there is nothing to concatenate",
    );
    const stochastic = { pyramid_height: 1, pool: Method.STOCHASTIC };
    expect(messageOf(() => new OneLayer({ type: 'SPP', spp_param: stochastic }, [[1, 1, 4, 4]]))).toBe(
      "layer 'l' (SPP): STOCHASTIC pooling is not implemented, nor is it in Caffe on CPUs\nhint: use pool: AVE or MAX",
    );
    expect(messageOf(() => new OneLayer({ type: 'SPP', spp_param: { pyramid_height: 1 } }, [[4, 4]]))).toBe(
      "layer 'l' (SPP): Input must have 4 axes, corresponding to (num, channels, height, width) (4 vs. 2): " +
        'bottom[0] is 4 4 (16)',
    );
    expect(messageOf(() => new OneLayer({ type: 'SPP', spp_param: { pyramid_height: 1 } }, [[1, 1, 0, 4]]))).toBe(
      "layer 'l' (SPP): Input dimensions cannot be zero: bottom[0] is 1 1 0 4 (0)",
    );
  });
});
