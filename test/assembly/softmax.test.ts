/** The softmax kernel against its scalar twin, around the vector width, in both variants. */
import { describe, expect, test } from '@jest/globals';
import '../../src/node/relaxed-simd.js';
import { detectVariant } from '../../src/engine/kernels.js';
import { createArena } from '../../src/engine/wasm-arena.js';
import { expectClose, ROUNDING } from '../support/close.js';
import { uniform } from '../support/values.js';

const variants = detectVariant() === 'relaxed' ? (['simd', 'relaxed'] as const) : (['simd'] as const);
const sizes = [1, 3, 4, 5, 7, 8, 9, 33];

describe.each(variants)('softmax (%s)', (variant) => {
  test.each(sizes)('%p channels', async (channels) => {
    const arena = await createArena({ variant });
    try {
      for (const inner of sizes) {
        const outer = 3;
        const count = outer * channels * inner;
        const units = outer * Math.ceil(inner / 4);
        const values = uniform([count], channels * inner, 'x', -9, 9).data;
        const [x, y, z] = [1, 2, 3].map(() => arena.allocate(count * 4 + 4)) as [number, number, number];
        const view = (ptr: number): Float32Array => new Float32Array(arena.buffer, ptr, count + 1);
        for (const ptr of [x, y, z]) view(ptr).set([...values, 77]);
        arena.kernels.f32_softmax__scalar(y, x, channels, inner, 0, units);
        // In two ranges, the second first, and in place.
        const half = Math.trunc(units / 2);
        arena.kernels.f32_softmax__simd(z, z, channels, inner, half, units);
        arena.kernels.f32_softmax__simd(z, z, channels, inner, 0, half);
        // Both subtract exactly the same; exp errs by 2 ulp here and 1 there, twice (numerator and sum); the sums of at
        // most 33 terms by 33 each; the divisions by 1 each.
        expectClose(view(z), view(y), (2 * (4 + 2) + 2 * 33 + 2) * ROUNDING);
        expect(view(z)[count]).toBe(77);
      }
    } finally {
      arena.dispose();
    }
  });
});
