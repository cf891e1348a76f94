/**
 * Tasks: the arguments of jobs, in WebAssembly memory. Each is a row of 32-bit words, in the order of the fields of
 * the class of that name under assembly/.
 */
import type { Arena } from '../../engine/arena.js';

/** Writes words to memory. */
export function writeWords(arena: Arena, ptr: number, words: ArrayLike<number>): void {
  putWords(viewsOf(arena), ptr, words);
}

/** The same where the views are at hand: a small layer writes four times. */
export function putWords({ words: to }: Views, ptr: number, words: ArrayLike<number>): void {
  for (let i = 0, at = ptr >>> 2; i < words.length; i++) to[at + i] = words[i]!;
}

/** All of a memory, in words and in numbers. */
export interface Views {
  readonly words: Int32Array;
  readonly numbers: Float32Array;
}

const views = new WeakMap<Arena, Views>();

/** All of an arena's memory: one view of each kind, until the memory grows, and not one for each task. */
export function viewsOf(arena: Arena): Views {
  const { buffer } = arena;
  const known = views.get(arena);
  if (known?.words.buffer === buffer) return known;
  const made = { words: new Int32Array(buffer), numbers: new Float32Array(buffer) };
  views.set(arena, made);
  return made;
}

/** Products that are summed before the sum is added to the rest, and what a tile takes: as assembly/inline/micro-kernel.ts has them. */
export const SUM_BLOCK = 256;
export const TILE_BYTES = 640;

export function roundUp(n: number, step: number): number {
  return Math.ceil(n / step) * step;
}

/** What is done to a finished row of a result: act(scale · x + shift + residual). Addresses; 0 or absent for none. */
export interface RowEpilogue {
  /** One number for each row. */
  scale?: number;
  shift?: number;
  /** Address of what is added, laid out as the result is. */
  residual?: number;
  /** If given, negative results are multiplied by it. */
  slope?: number;
}

/** Bytes that {@link writeEpilogue} writes, and some that keep what follows aligned. */
export const EPILOGUE_BYTES = 64;

/** @param result address of the result that the residual belongs to */
export function writeEpilogue(to: Views, ptr: number, epilogue: RowEpilogue, result: number): void {
  const { scale = 0, shift = 0, residual = 0, slope } = epilogue;
  putWords(to, ptr, [scale, shift, residual && residual - result, residual && 1, slope === undefined ? 0 : 1]);
  to.numbers[(ptr + 20) >>> 2] = slope ?? 0;
}

const PAGE = 4096;
/** For smaller blocks a page holds many of them, so their number does not matter. */
const FEW_PAGES = 4 * PAGE;

/**
 * The distance between blocks of so many bytes of which a little is read or written in turn. At a multiple of 4 KiB
 * their lines would share one set of the first-level cache. At a power of two of pages their pages would share one
 * set of the page table's cache. So the distance is an odd number of pages, and some bytes.
 */
export function apart(bytes: number): number {
  if (bytes < FEW_PAGES) return bytes + 64;
  return (Math.ceil(bytes / PAGE) | 1) * PAGE + 192;
}
