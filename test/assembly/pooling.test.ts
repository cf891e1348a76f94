/** The pooling kernels against their scalar twins, over widths around the vector width, in both variants. */
import { describe, expect, test } from '@jest/globals';
import '../../src/node/relaxed-simd.js';
import { detectVariant } from '../../src/engine/kernels.js';
import { createArena } from '../../src/engine/wasm-arena.js';
import { uniform } from '../support/values.js';

const variants = detectVariant() === 'relaxed' ? (['simd', 'relaxed'] as const) : (['simd'] as const);

describe.each(variants)('%s', (variant) => {
  test.each(['f32_maxpool', 'f32_avepool'] as const)('%s gives exactly what its scalar twin gives', async (name) => {
    const arena = await createArena({ variant });
    try {
      const geometry = arena.allocate(40);
      const planes = 3;
      for (const width of [1, 4, 5, 8, 9, 12, 17])
        for (const kernel of [1, 2, 3])
          for (const stride of [1, 2, 3])
            for (const pad of [0, kernel - 1]) {
              const height = 4;
              const [pooledHeight, pooledWidth] = [height, width].map((size) =>
                Math.max(Math.ceil((size + 2 * pad - kernel) / stride) + 1, 0),
              ) as [number, number];
              const [inputs, outputs] = [planes * height * width, planes * pooledHeight * pooledWidth];
              const values = uniform([inputs], width, 'x').data;
              values[Math.trunc(inputs / 2)] = NaN;
              const x = arena.allocate(inputs * 4);
              const [y, z] = [arena.allocate(outputs * 4 + 4), arena.allocate(outputs * 4 + 4)];
              const view = (ptr: number, n: number): Float32Array => new Float32Array(arena.buffer, ptr, n);
              view(x, inputs).set(values);
              for (const ptr of [y, z]) view(ptr, outputs + 1).fill(77);
              new Int32Array(arena.buffer, geometry, 10).set([
                ...[height, width, pooledHeight, pooledWidth],
                ...[kernel, kernel, stride, stride, pad, pad],
              ]);
              arena.kernels[`${name}__scalar`](y, x, geometry, 0, planes);
              arena.kernels[`${name}__simd`](z, x, geometry, 1, planes);
              expect(view(z, 1)[0]).toBe(77);
              arena.kernels[`${name}__simd`](z, x, geometry, 0, 1);
              expect(view(z, outputs + 1)).toEqual(view(y, outputs + 1));
              arena.free(x, inputs * 4);
              for (const ptr of [y, z]) arena.free(ptr, outputs * 4 + 4);
            }
    } finally {
      arena.dispose();
    }
  });
});
