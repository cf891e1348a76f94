/**
 * Sharing the range of a kernel among threads: any kernel whose last parameters are `begin, end`.
 */
import { RANGE_KERNELS, type Kernels } from '../generated/kernels.js';
import type { Arena } from './arena.js';
import { Job, WORTH_SHARING } from './thread-pool.js';

export type RangeKernel = keyof typeof RANGE_KERNELS;

/** A kernel's arguments without `begin` and `end`. */
export type RangeArguments<K extends RangeKernel> =
  Parameters<Kernels[K]> extends [...infer Own extends number[], number, number] ? Own : never;

export interface RangeOptions {
  /** About how many multiply-adds, or memory accesses if there are more, one step of the range is. Default 1. */
  cost?: number;
  /** Bytes of what the kernel's `scratch` points to, for one thread; there must be `arena.threads` times as many. */
  scratchBytes?: number;
}

/** The task's place: in the first page of the memory, which no arena hands out. Words before the arguments: see below. */
const TASK_ADDRESS = 256;
const HEADER_WORDS = 5;

/** Pieces for each thread, that make up for one of them being slower, and the smallest step between two pieces. */
const PIECES_PER_THREAD = 4;
const STEP = 16;

/** Runs a kernel over the range 0 … end, on all threads. */
export function parallelFor<K extends RangeKernel>(
  arena: Arena,
  kernel: K,
  args: RangeArguments<K>,
  end: number,
  { cost = 1, scratchBytes = 0 }: RangeOptions = {},
): void {
  if (arena.threads === 1 || end * cost < WORTH_SHARING) {
    // A union of functions cannot be called; all of them take numbers.
    const run: (...all: number[]) => void = arena.kernels[kernel];
    run(...args, 0, end);
    return;
  }
  const { id, floats } = RANGE_KERNELS[kernel];
  const pieces = arena.threads * PIECES_PER_THREAD;
  let grain = Math.max(1, Math.ceil(end / pieces));
  // Ends of pieces where vectors end, when there are enough of them.
  if (grain > STEP) grain = Math.ceil(grain / STEP) * STEP;
  const words = new Int32Array(arena.buffer, TASK_ADDRESS, HEADER_WORDS + args.length);
  // id, begin, end, length of a piece, distance of the threads' scratch; then the kernel's own arguments
  words.set([id, 0, end, grain, scratchBytes, ...args]);
  const values = new Float32Array(arena.buffer, TASK_ADDRESS, words.length);
  for (const i of floats) values[HEADER_WORDS + i] = args[i]!;
  arena.run(Job.range, TASK_ADDRESS, Math.ceil(end / grain), end * cost);
}
