/** Views of the values of several blobs, taken so that none becomes invalid when memory grows. */
import type { Blob } from '../../engine/blob.js';
import type { LayerContext } from '../layer.js';

/** Takes memory for blobs that have none yet, so that the views which are taken next stay good. */
export function takeMemory(...blobs: readonly Blob[]): void {
  for (const blob of blobs) if (!blob.isAllocated) blob.peek();
}

/**
 * Values of several blobs at once, for reading and, of tops, for writing. Memory is taken for all of them before the
 * first view is, since growth of the memory makes views invalid.
 */
export function valuesOf<const T extends readonly Blob[]>(...blobs: T): { -readonly [K in keyof T]: Float32Array } {
  takeMemory(...blobs);
  return blobs.map((blob) => blob.peek()) as { -readonly [K in keyof T]: Float32Array };
}

/** As {@link valuesOf}, with a last view of `floats` float32 of scratch memory; see LayerContext.scratch. */
export function valuesAndScratch<const T extends readonly Blob[]>(
  context: LayerContext,
  floats: number,
  ...blobs: T
): [...{ -readonly [K in keyof T]: Float32Array }, Float32Array] {
  takeMemory(...blobs);
  const ptr = context.scratch(floats * 4);
  return [...valuesOf(...blobs), new Float32Array(context.arena.buffer, ptr, floats)];
}
