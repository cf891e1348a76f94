/** Axis numbers as users write them. */
import { NetspecError } from '../../errors.js';
import type { Blob } from '../../engine/blob.js';
import { shapeString } from '../../shapes.js';

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
