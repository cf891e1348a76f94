/**
 * Axis numbers as users write them.
 */
import { NetspecError } from '../../errors.js';
import type { Blob } from '../../engine/blob.js';

/**
 * The index of an axis that may count from the end, as {@link Blob.canonicalAxis}.
 * @param field where the user wrote it, for the error
 * @throws NetspecError in Caffe's words when the blob has no such axis
 */
export function axisOf(blob: Blob, axis: number, field: string): number {
  try {
    return blob.canonicalAxis(axis);
  } catch (error) {
    throw error instanceof NetspecError ? error.within({ field }) : error;
  }
}
