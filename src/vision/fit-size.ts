/** fit-size: how large an image becomes before it goes into a detector: the short side to one length, the long side limited. */
import { NetspecError } from '../errors.js';
import { checkSize, type Size } from './image.js';

/** Sides that a picture is fitted into. */
export interface FitOptions {
  /** Length that the shorter side is brought to. */
  short: number;
  /** Length that the longer side may not pass; the shorter one then becomes less than `short`. */
  long: number;
}

/**
 * The size for resizing with the aspect ratio kept: get_size() of the notebook that detection-v2 comes from. The shorter
 * side is rounded to the nearest (halves to even), the longer one down.
 *
 * maskrcnn_benchmark's own Resize computes the longer side from the rounded shorter one and so may come out a pixel
 * narrower where the limit applies: 639x479 for 1000x749, where this gives 640x479.
 * @throws NetspecError when the image is so narrow that a side would be 0.
 */
export function fitSize({ width, height }: Size, { short, long }: FitOptions): Size {
  checkSize({ width, height }, 'image');
  for (const length of [short, long])
    if (!Number.isInteger(length) || length < 1)
      throw new NetspecError(`sides to fit must be whole and at least 1, got ${short} and ${long}`);
  const [least, most] = [Math.min(width, height), Math.max(width, height)];
  const longer = Math.min((most / least) * short, long);
  const shorter = roundHalfToEven((longer * least) / most);
  const size =
    width < height ? { width: shorter, height: Math.trunc(longer) } : { width: Math.trunc(longer), height: shorter };
  if (shorter < 1)
    throw new NetspecError(`an image of ${width}x${height} would be resized to ${size.width}x${size.height}`, {
      hint: `it is too narrow to fit into ${long} pixels; crop it first, or allow a longer side`,
    });
  return size;
}

/** Python's and numpy's round(). */
export function roundHalfToEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
