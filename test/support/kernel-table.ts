/**
 * Runs a table of SIMD kernels against their scalar twins: both on the same memory, in every variant that the host has.
 */
import '../../src/node/relaxed-simd.js';
import { detectVariant, type Kernels } from '../../src/engine/kernels.js';
import { createArena, type WasmArena } from '../../src/engine/wasm-arena.js';
import { expectClose } from './close.js';
import { uniform } from './values.js';

/** The variants that this host can run. */
export const variants = detectVariant() === 'relaxed' ? (['simd', 'relaxed'] as const) : (['simd'] as const);

export type Isa = 'simd' | 'scalar';

/** What a row's `run` gets: addresses, 4-byte aligned and no better, in memory that ends in guards. */
export interface Bench {
  kernels: Kernels;
  isa: Isa;
  /** An input of `count` random values in -1 … 1, the same for both twins. */
  input: (count: number) => number;
  /** An input of these 32-bit integers. */
  integers: (values: readonly number[]) => number;
  /** The output, of `count` values; both twins find the same ones there. Its end is watched. */
  output: (count: number) => number;
  /** Scratch of `bytes`, full of NaNs. */
  scratch: (bytes: number) => number;
  /** Puts values into memory. */
  write: (ptr: number, values: Int32Array | Float32Array) => void;
}

/** A value that no kernel computes. */
const GUARD = 12345;

/**
 * Runs both twins and compares the outputs.
 * @param tolerance how far the outputs may be apart: products and sums below a few units, in another order and fused or not
 */
export async function compareTwins(
  variant: 'simd' | 'relaxed',
  run: (bench: Bench) => void,
  tolerance: number,
): Promise<void> {
  const arena = await createArena({ variant });
  try {
    const results = (['scalar', 'simd'] as const).map((isa) => runTwin(arena, isa, run));
    expectClose(results[1]!, results[0]!, tolerance);
  } finally {
    arena.dispose();
  }
}

function runTwin(arena: WasmArena, isa: Isa, run: (bench: Bench) => void): number[] {
  const place = (values: ArrayLike<number>, bytes = values.length * 4): number => {
    const ptr = arena.allocate(bytes + 8) + 4;
    const view = new Float32Array(arena.buffer, ptr, values.length + 1);
    view.set(values);
    view[values.length] = GUARD;
    return ptr;
  };
  const outputs: { ptr: number; count: number }[] = [];
  let seed = 0;
  run({
    kernels: arena.kernels,
    isa,
    input: (count) => place(uniform([count], seed++, 'input', -1, 1).data),
    integers: (values) => {
      const ptr = arena.allocate(values.length * 4);
      new Int32Array(arena.buffer, ptr, values.length).set(values);
      return ptr;
    },
    output: (count) => {
      const ptr = place(uniform([count], seed++, 'output', -1, 1).data);
      outputs.push({ ptr, count });
      return ptr;
    },
    scratch: (bytes) => {
      const ptr = place([], bytes);
      new Uint8Array(arena.buffer, ptr, bytes).fill(0xff);
      return ptr;
    },
    write: (ptr, values) => new Uint8Array(arena.buffer, ptr).set(new Uint8Array(values.buffer)),
  });
  return outputs.flatMap(({ ptr, count }) => [...new Float32Array(arena.buffer, ptr, count + 1)]);
}
