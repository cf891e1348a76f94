/**
 * What several layers share: views of blobs, the refusal of in-place use, and the base of the layers that
 * compute each element on its own.
 */
import { NetspecError } from '../../errors.js';
import type { Blob } from '../../engine/blob.js';
import { shapeString } from '../../shapes.js';
import { axisOf } from './axis.js';
import { Layer, type LayerContext } from '../layer.js';

/** Hint that goes with {@link notInPlace}. */
export const OWN_TOP = 'give the top a name of its own';

/** Caffe's words where a layer's top may not be its bottom. */
export function notInPlace(type: string): string {
  return `${type} Layer does not allow in-place computation.`;
}

/** Takes memory for blobs that have none yet, so that the views which are taken next stay good. */
export function takeMemory(...blobs: readonly Blob[]): void {
  for (const blob of blobs) if (!blob.isAllocated) blob.peek();
}

/**
 * Values of several blobs at once, for reading and, of tops, for writing. Memory is taken for all of them before the
 * first view is, since a view does not outlive the memory's growth.
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

/**
 * Axis of Concat and Slice, which have an older field for it: an unsigned one, without negative values.
 * @throws NetspecError when the axis does not exist.
 */
export function legacyAxis(blob: Blob, axis: number, old: number | undefined, param: string, oldName: string): number {
  if (old === undefined) return axisOf(blob, axis, `${param}.axis`);
  if (old >= blob.numAxes)
    throw new NetspecError(
      `${oldName} out of range: ${old} for ${blob.numAxes}-D Blob with shape ${shapeString(blob.shape)}`,
      {
        field: `${param}.${oldName}`,
        hint: 'write axis, which may be negative, in its place',
      },
    );
  return old;
}

/** Caffe's NeuronLayer: one bottom, one top of the same shape, which may be the bottom itself. */
export abstract class NeuronLayer extends Layer {
  reshape(bottom: readonly Blob[], top: readonly Blob[]): void {
    top[0]!.reshapeLike(bottom[0]!);
  }

  forward([bottom]: readonly Blob[], [top]: readonly Blob[]): void {
    this.compute(top!.ptr, bottom!.ptr, bottom!.count, top!, bottom!);
  }

  /** y and x are addresses of `count` elements and may be the same; the blobs are given for loops in TypeScript. */
  protected abstract compute(y: number, x: number, count: number, top: Blob, bottom: Blob): void;
}
