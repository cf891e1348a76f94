/**
 * Live views of several blobs at once, for layers that compute in TypeScript.
 */
import type { Blob } from '../runtime/blob.js';

/**
 * The values of each blob, in order, for reading and, of tops, for writing. Storage is taken for all of them first:
 * taking it for one may move the memory and leave views of the others, taken before, empty.
 */
export function views<const T extends readonly Blob[]>(...blobs: T): { [K in keyof T]: Float32Array } {
  takeStorage(blobs);
  return blobs.map((blob) => blob.peek()) as { [K in keyof T]: Float32Array };
}

/** As {@link views}, with a last view of `floats` float32 of scratch memory; see LayerContext.scratch. */
export function viewsWithScratch<const T extends readonly Blob[]>(
  context: { scratch(bytes: number): number; arena: { buffer: ArrayBufferLike } },
  floats: number,
  ...blobs: T
): [...{ [K in keyof T]: Float32Array }, Float32Array] {
  takeStorage(blobs);
  const ptr = context.scratch(floats * 4);
  return [...blobs.map((blob) => blob.peek()), new Float32Array(context.arena.buffer, ptr, floats)] as unknown as [
    ...{ [K in keyof T]: Float32Array },
    Float32Array,
  ];
}

/** Takes the storage of those that have none yet. */
function takeStorage(blobs: readonly Blob[]): void {
  for (const blob of blobs) blob.peek();
}
