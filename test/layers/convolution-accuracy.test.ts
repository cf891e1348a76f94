/**
 * How exact convolutions are: each shape that detection-v2 has, its weights whole and images of fewer rows, against sums in
 * double precision.
 */
import { describe, expect, test } from '@jest/globals';
import { convolutionErrors, detectionShapes } from '../../bench/conv-error.js';

const shapes = await detectionShapes();

test('the shapes are those of 113 layers', () => {
  expect(shapes.reduce((sum, { count }) => sum + count, 0)).toBe(113);
  expect(shapes.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      '7x7 3→64 stride 2 at 480x576',
      '3x3 1024→1024 at 60x72',
      '3x3 2048→1024 stride 2 at 15x18',
    ]),
  );
});

describe('error relative to the largest result', () => {
  test.each(shapes)('$name', async (shape) => {
    const { gemm, auto } = await convolutionErrors(shape, { maxMacs: 2e8, samples: 500 });
    // No more than 256 products are summed before the sum is added to the result, so rounding adds some sqrt(256) and
    // sqrt(18,432 / 256) units of 2^-24 of a typical partial sum, and the largest result is some four times a typical one:
    // 16 · 6e-8 / 4 = 2.4e-7, and 1e-6 at most.
    expect(gemm).toBeLessThanOrEqual(1e-6);
    // Winograd's transforms F(4x4, 3x3) multiply what is rounded by up to 5 · 5, some 4e-6; 1e-5 at most.
    expect(auto).toBeLessThanOrEqual(1e-5);
  });
});
