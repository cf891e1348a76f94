/**
 * WasmArena: the allocator, memory beyond 2 GiB, the choice of kernels and the pool of memories.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import '../../src/node/relaxed-simd.js';
import { detectVariant, hasRelaxedSimd } from '../../src/engine/kernels.js';
import { createArena, type WasmArena } from '../../src/engine/wasm-arena.js';
import { messageOf } from '../support/close.js';

/** Runs with an arena of its own and disposes of it. */
async function withArena(run: (arena: WasmArena) => void | Promise<void>, options = {}): Promise<void> {
  const arena = await createArena(options);
  try {
    await run(arena);
  } finally {
    arena.dispose();
  }
}

const floats = (arena: WasmArena, ptr: number, count: number): Float32Array =>
  new Float32Array(arena.buffer, ptr, count);

describe('allocate and free', () => {
  test('blocks are aligned to 64 bytes, zeroed and apart, whatever was there before', async () => {
    await withArena((arena) => {
      const operations = fc.array(
        fc.record({ free: fc.boolean(), at: fc.nat(), bytes: fc.integer({ min: 0, max: 5000 }) }),
        {
          maxLength: 60,
        },
      );
      fc.assert(
        fc.property(operations, (steps) => {
          const blocks: { ptr: number; bytes: number; mark: number }[] = [];
          steps.forEach(({ free, at, bytes }, mark) => {
            if (free && blocks.length > 0) {
              const [block] = blocks.splice(at % blocks.length, 1);
              arena.free(block!.ptr, block!.bytes);
              return;
            }
            const ptr = arena.allocate(bytes);
            expect(ptr % 64).toBe(0);
            const memory = new Uint8Array(arena.buffer, ptr, bytes);
            expect(memory.every((byte) => byte === 0)).toBe(true);
            memory.fill(mark + 1);
            blocks.push({ ptr, bytes, mark: mark + 1 });
          });
          for (const { ptr, bytes, mark } of blocks)
            expect(new Uint8Array(arena.buffer, ptr, bytes).every((byte) => byte === mark)).toBe(true);
          for (const { ptr, bytes } of blocks) arena.free(ptr, bytes);
          expect(arena.usedBytes).toBe(0);
        }),
      );
    });
  });

  test('freed neighbours become one block, in any order of freeing', async () => {
    await withArena((arena) => {
      for (const order of [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
      ]) {
        const blocks = [100, 200, 300].map((bytes) => ({ ptr: arena.allocate(bytes), bytes }));
        const fence = arena.allocate(1);
        for (const i of order) arena.free(blocks[i]!.ptr, blocks[i]!.bytes);
        // 128 + 256 + 320 bytes, where the first was.
        expect(arena.allocate(704)).toBe(blocks[0]!.ptr);
        arena.free(blocks[0]!.ptr, 704);
        arena.free(fence, 1);
      }
    });
  });

  test('the smallest free block that fits is taken', async () => {
    await withArena((arena) => {
      const large = arena.allocate(1024);
      arena.allocate(1);
      const small = arena.allocate(256);
      arena.allocate(1);
      arena.free(large, 1024);
      arena.free(small, 256);
      expect(arena.allocate(200)).toBe(small);
    });
  });

  test('freeing what is not in use is a defect that shows', async () => {
    await withArena((arena) => {
      const first = arena.allocate(64);
      const second = arena.allocate(64);
      arena.allocate(64);
      arena.free(first, 64);
      expect(messageOf(() => arena.free(first, 64))).toBe(`free(${first}, 64): not a block in use`);
      expect(messageOf(() => arena.free(0, 64))).toBe('free(0, 64): not a block in use');
      expect(messageOf(() => arena.free(second, 1 << 20))).toBe(`free(${second}, 1048576): not a block in use`);
    });
  });

  test('reserve() makes room, so that allocating keeps views good', async () => {
    await withArena((arena) => {
      arena.reserve(50_000_000);
      const { buffer } = arena;
      for (let i = 0; i < 5; i++) arena.allocate(10_000_000);
      expect(arena.buffer).toBe(buffer);
    });
  });

  test('reserve() of more than there can be does nothing bad', async () => {
    await withArena((arena) => {
      arena.reserve(2 ** 40);
      expect(arena.allocate(64) % 64).toBe(0);
    });
  });
});

describe('large memory', () => {
  test('kernels work at addresses beyond 2 GiB', async () => {
    await withArena((arena) => {
      arena.allocate(2 ** 31 + 2 ** 30);
      const [y, x] = [arena.allocate(40), arena.allocate(40)];
      expect(y).toBeGreaterThan(2 ** 31);
      floats(arena, x, 10).fill(2);
      floats(arena, y, 10).fill(1);
      arena.kernels.f32_axpy__simd(y, x, 3, 9);
      expect([...floats(arena, y, 10)]).toEqual([7, 7, 7, 7, 7, 7, 7, 7, 7, 1]);
    });
  });

  test('running out of addresses says how much was wanted', async () => {
    await withArena((arena) => {
      arena.allocate(3_000_000_000);
      expect(messageOf(() => arena.allocate(2_000_000_000))).toBe(
        'out of memory: 2000000000 bytes wanted with 3000000000 in use, ' +
          'and 4 GiB is all that WebAssembly can address\n' +
          'hint: use a smaller batch or input',
      );
    });
  });

  test('the last page is never handed out', async () => {
    await withArena((arena) => {
      expect(() => arena.allocate(2 ** 32 - 2 * 65536)).toThrow('out of memory');
      expect(arena.allocate(2 ** 32 - 3 * 65536)).toBe(65536);
    });
  });
});

describe('kernels', () => {
  test('the best variant is the default, and others can be asked for', async () => {
    await withArena((arena) => {
      expect(arena.variant).toBe(hasRelaxedSimd() ? 'relaxed' : 'simd');
      expect(arena.variant).toBe(detectVariant());
    });
    await withArena((arena) => expect(arena.variant).toBe('simd'), { variant: 'simd' });
  });

  test.each(['simd', detectVariant()] as const)('of the variant %s run on shared memory too', async (variant) => {
    await withArena(
      (arena) => {
        expect(arena.buffer).toBeInstanceOf(SharedArrayBuffer);
        const y = arena.allocate(20);
        arena.kernels.f32_fill__simd(y, 3, 5);
        expect([...floats(arena, y, 5)]).toEqual([3, 3, 3, 3, 3]);
      },
      { variant, shared: true },
    );
  });
});

describe('dispose', () => {
  test('memory is used again, zeroed, by the next arena of its kind', async () => {
    const first = await createArena();
    const { memory } = first;
    floats(first, first.allocate(400), 100).fill(5);
    first.dispose();
    const second = await createArena();
    expect(second.memory).toBe(memory);
    expect(floats(second, second.allocate(400), 100).every((v) => v === 0)).toBe(true);
    second.dispose();
  });

  test('200 small arenas one after another share one memory', async () => {
    const memories = new Set<WebAssembly.Memory>();
    for (let i = 0; i < 200; i++) {
      const arena = await createArena();
      memories.add(arena.memory);
      arena.allocate(1_000_000);
      arena.dispose();
    }
    expect(memories.size).toBe(1);
  });

  test('views of a disposed arena are empty: they do not show the next one', async () => {
    const arena = await createArena();
    const view = floats(arena, arena.allocate(400), 100);
    arena.dispose();
    expect(view.length).toBe(0);
  });

  test('a large memory is dropped', async () => {
    const arena = await createArena();
    const { memory } = arena;
    arena.allocate(257 * 2 ** 20);
    arena.dispose();
    // The pool never holds more than 4.
    const next = await Promise.all([1, 2, 3, 4, 5].map(() => createArena()));
    expect(next.map((other) => other.memory)).not.toContain(memory);
    for (const other of next) other.dispose();
  });

  test('twice is once', async () => {
    const arena = await createArena();
    arena.dispose();
    arena.dispose();
    const [one, two] = [await createArena(), await createArena()];
    expect(one.memory).not.toBe(two.memory);
    one.dispose();
    two.dispose();
  });
});
