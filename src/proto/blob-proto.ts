/**
 * A blob as a message: its shape, new or legacy, and its values, with Caffe's rules for which field counts.
 */
import { MESSAGE, checkArguments } from '../arguments.js';
import { NetspecError } from '../errors.js';
import type { BlobProto } from '../generated/messages.js';

/** Caffe holds at most this many values in a blob (INT_MAX). */
const MAX_COUNT = 0x7fffffff;

/** A shape, and whether it was given in the four fields from before BlobShape. */
export interface BlobProtoShape {
  shape: number[];
  /** Given as num, channels, height, width: Caffe then compares shapes with leading ones stripped. */
  legacy: boolean;
}

/**
 * The shape of a blob message: num × channels × height × width when any of these is present, whatever `shape` says, else
 * `shape`; with neither a scalar, `[]`. As Blob::FromProto and Blob::ShapeEquals.
 * @example
 * shapeOfBlob({ num: 1, channels: 1, height: 2, width: 3 }); // → { shape: [1, 1, 2, 3], legacy: true }
 */
export function shapeOfBlob(blob: BlobProto): BlobProtoShape {
  checkArguments('shapeOfBlob()', { blob: [blob, MESSAGE] });
  const { num, channels, height, width } = blob;
  const legacy = num !== undefined || channels !== undefined || height !== undefined || width !== undefined;
  if (legacy) return { shape: [num ?? 0, channels ?? 0, height ?? 0, width ?? 0], legacy };
  return { shape: [...(blob.shape?.dim ?? [])], legacy };
}

/**
 * Number of values in a blob of this shape; 1 for a scalar's `[]`.
 * @throws NetspecError for a negative or fractional dimension and for more values than Caffe can hold.
 */
export function countOf(shape: readonly number[]): number {
  let count = 1;
  for (const dim of shape) {
    if (!Number.isInteger(dim) || dim < 0) throw new NetspecError(`a blob cannot have the shape ${formatShape(shape)}`);
    count *= dim;
    if (count > MAX_COUNT) throw new NetspecError(`blob size exceeds INT_MAX: the shape is ${formatShape(shape)}`);
  }
  return count;
}

/** `64x3x7x7`, or `()` for a scalar. */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 0 ? '()' : shape.join('x');
}

/**
 * The values of a blob message in memory, as Caffe takes them: `double_data` when there is any, else `data`.
 * Shares memory with the message where it is float32 already.
 * @throws NetspecError when their number is not what the shape says.
 * @example
 * floatsOfBlob({ shape: { dim: [2] }, double_data: Float64Array.of(1, 2) }); // → Float32Array.of(1, 2)
 */
export function floatsOfBlob(blob: BlobProto): Float32Array {
  checkArguments('floatsOfBlob()', { blob: [blob, MESSAGE] });
  const { double_data: doubles, data = [] } = blob;
  const values = doubles && doubles.length > 0 ? doubles : data;
  const { shape } = shapeOfBlob(blob);
  checkCount(shape, values.length);
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

/** @throws NetspecError when `found` is not the number of values that the shape says. */
export function checkCount(shape: readonly number[], found: number): void {
  const count = countOf(shape);
  if (found !== count)
    throw new NetspecError(
      `the shape ${formatShape(shape)} has ${count} values, the data ${found === 0 ? 'is missing' : `has ${found}`}`,
    );
}
