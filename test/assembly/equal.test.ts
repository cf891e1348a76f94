import { describe, expect, test } from '@jest/globals';
import '../../src/node/relaxed-simd.js';
import { detectVariant } from '../../src/engine/kernels.js';
import { createArena } from '../../src/engine/wasm-arena.js';

const variants = detectVariant() === 'relaxed' ? (['simd', 'relaxed'] as const) : (['simd'] as const);

describe.each(variants)('u32_equal, %s', (variant) => {
  describe.each(['simd', 'scalar'] as const)('%s', (isa) => {
    test.each([0, 1, 3, 4, 5, 8, 11])('%d words', async (n) => {
      const arena = await createArena({ variant });
      // 4 and 8 bytes off the alignment of vectors.
      const [a, b] = [arena.allocate(256) + 4, arena.allocate(256) + 8];
      const x = new Uint32Array(arena.buffer, a, n + 1);
      const y = new Uint32Array(arena.buffer, b, n + 1);
      for (let i = 0; i < n; i++) x[i] = y[i] = 0x7fc00000 + i;
      // What comes after does not count.
      y[n] = 1;
      const equal = () => arena.kernels[`u32_equal__${isa}`](a, b, n);
      expect(equal()).toBe(1);
      for (let i = 0; i < n; i++) {
        y[i]! ^= 0x80000000;
        expect(equal()).toBe(0);
        y[i]! ^= 0x80000000;
      }
      arena.dispose();
    });
  });
});
