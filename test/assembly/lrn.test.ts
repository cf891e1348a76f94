/** The LRN kernels against their scalar twins, around the vector width, in both variants. */
import { describe, expect, test } from '@jest/globals';
import '../../src/node/relaxed-simd.js';
import { detectVariant } from '../../src/engine/kernels.js';
import { createArena } from '../../src/engine/wasm-arena.js';
import { expectClose, ROUNDING } from '../support/close.js';
import { uniform } from '../support/values.js';

const variants = detectVariant() === 'relaxed' ? (['simd', 'relaxed'] as const) : (['simd'] as const);
const betas = [0.5, 0.75, 1, 0.6];

/**
 * Of results of at most 4: the sums of at most 25 positive terms err by 28 ROUNDING in each kernel, which the power (at
 * most 1) keeps; the power errs by 4 in each, the product by 1.
 */
const TOLERANCE = 4 * 2 * (28 + 4 + 1) * ROUNDING;

/** `run` with the vector kernel, in two ranges and in place or not, and with the scalar one. */
async function compare(
  variant: 'simd' | 'relaxed',
  count: number,
  units: number,
  scratchBytes: number,
  isInPlace: boolean,
  run: (kind: 'simd' | 'scalar', y: number, x: number, scratch: number, begin: number, end: number) => void,
  open: (kernels: Awaited<ReturnType<typeof createArena>>['kernels']) => void,
): Promise<void> {
  const arena = await createArena({ variant });
  try {
    open(arena.kernels);
    const values = [...uniform([count], count, 'x', -4, 4).data, 77];
    const [x, y, z, w] = [1, 2, 3, 4].map(() => arena.allocate(count * 4 + 4)) as [number, number, number, number];
    const scratch = arena.allocate(scratchBytes + 4);
    const view = (ptr: number): Float32Array => new Float32Array(arena.buffer, ptr, count + 1);
    for (const ptr of [x, y, z, w]) view(ptr).set(values);
    const guard = new Float32Array(arena.buffer, scratch + scratchBytes, 1);
    guard[0] = 88;
    const half = Math.trunc(units / 2);
    run('simd', z, isInPlace ? z : x, scratch, half, units);
    run('simd', z, isInPlace ? z : x, scratch, 0, half);
    expect(guard[0]).toBe(88);
    run('scalar', y, isInPlace ? y : x, scratch, 0, units);
    expectClose(view(z), view(y), TOLERANCE);
    expect(view(z)[count]).toBe(77);
  } finally {
    arena.dispose();
  }
}

type Kernels = Awaited<ReturnType<typeof createArena>>['kernels'];

describe.each(variants)('LRN (%s)', (variant) => {
  test.each([1, 2, 5, 8])('across %p channels', async (channels) => {
    let kernels!: Kernels;
    for (const pixels of [1, 3, 4, 5, 9])
      for (const size of [1, 3, 5])
        for (const beta of betas)
          for (const isInPlace of [false, true])
            await compare(
              variant,
              2 * channels * pixels,
              2 * Math.ceil(pixels / 4),
              Math.max((channels + size - 1) * 16, channels * 4),
              isInPlace,
              (kind, y, x, scratch, begin, end) =>
                kernels[`f32_lrn_across__${kind}`](y, x, channels, pixels, size, 0.3, beta, 1.5, scratch, begin, end),
              (k) => (kernels = k),
            );
  });

  test.each([1, 3, 4, 5, 9])('within planes %p wide', async (width) => {
    let kernels!: Kernels;
    for (const height of [1, 2, 5])
      for (const size of [1, 3, 5])
        for (const beta of betas)
          for (const isInPlace of [false, true])
            await compare(
              variant,
              3 * height * width,
              3,
              (height + size - 1) * (width + size + 2) * 4,
              isInPlace,
              (kind, y, x, scratch, begin, end) =>
                kernels[`f32_lrn_within__${kind}`](y, x, height, width, size, 0.3, beta, scratch, begin, end),
              (k) => (kernels = k),
            );
  });
});
