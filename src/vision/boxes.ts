/**
 * boxes: decoding what a head says about an anchor, clipping, scaling, overlap. A box covers the pixels x1..x2, so its
 * width is x2 − x1 + 1. Everything is rounded to float32 after each step, as PyTorch rounds it.
 */
import type { Size } from './image.js';

const { fround } = Math;

/** x1, y1, x2, y2: the first and the last pixel that the box covers, in pixels from the top left corner. */
export type Box = [x1: number, y1: number, x2: number, y2: number];

/** What the four deltas of a head are multiplied by, and the most that a size's delta may be. */
export interface BoxCoding {
  weights: readonly [x: number, y: number, width: number, height: number];
  /** Of the natural logarithm by which a side grows. */
  clip: number;
}

/** maskrcnn_benchmark's, for RetinaNet: a side grows at most to 1000/16 of the anchor's. */
export const DETECTION_BOX_CODING: BoxCoding = { weights: [10, 10, 5, 5], clip: Math.log(1000 / 16) };

/**
 * The box that `deltas` make of an anchor: centres move by dx·width, sides grow by exp(dw).
 * Source: BoxCoder.decode of maskrcnn_benchmark; its "+1" and "−1" are meant so.
 */
export function decodeBox(anchor: Readonly<Box>, deltas: Readonly<Box>, { weights, clip }: BoxCoding): Box {
  const [x1, x2] = decodeSide(
    anchor[0],
    anchor[2],
    fround(deltas[0] / weights[0]),
    fround(deltas[2] / weights[2]),
    clip,
  );
  const [y1, y2] = decodeSide(
    anchor[1],
    anchor[3],
    fround(deltas[1] / weights[1]),
    fround(deltas[3] / weights[3]),
    clip,
  );
  return [x1, y1, x2, y2];
}

function decodeSide(first: number, last: number, shift: number, growth: number, clip: number): [number, number] {
  const length = fround(fround(last - first) + 1);
  const center = fround(first + fround(0.5 * length));
  const newCenter = fround(fround(shift * length) + center);
  const half = fround(0.5 * fround(fround(Math.exp(Math.min(growth, fround(clip)))) * length));
  return [fround(newCenter - half), fround(fround(newCenter + half) - 1)];
}

/** The part of a box that lies in an image, at least its nearest pixel. */
export function clipBox([x1, y1, x2, y2]: Readonly<Box>, { width, height }: Size): Box {
  const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most);
  return [clamp(x1, width - 1), clamp(y1, height - 1), clamp(x2, width - 1), clamp(y2, height - 1)];
}

/** A box in an image of one size as a box in the same image of another size. Source: BoxList.resize of maskrcnn_benchmark. */
export function scaleBox([x1, y1, x2, y2]: Readonly<Box>, from: Size, to: Size): Box {
  const [sx, sy] = [to.width / from.width, to.height / from.height];
  return [fround(x1 * sx), fround(y1 * sy), fround(x2 * sx), fround(y2 * sy)];
}

/** How many pixels a box covers. */
export function boxArea([x1, y1, x2, y2]: Readonly<Box>): number {
  return fround(fround(fround(x2 - x1) + 1) * fround(fround(y2 - y1) + 1));
}

/** Pixels that both boxes cover divided by pixels that either covers. */
export function boxOverlap(a: Readonly<Box>, b: Readonly<Box>): number {
  const width = fround(fround(Math.min(a[2], b[2]) - Math.max(a[0], b[0])) + 1);
  const height = fround(fround(Math.min(a[3], b[3]) - Math.max(a[1], b[1])) + 1);
  if (width <= 0 || height <= 0) return 0;
  const both = fround(width * height);
  return fround(both / fround(fround(boxArea(a) + boxArea(b)) - both));
}

/**
 * Greedy non-maximum suppression: a box goes when one before it in `order`, itself kept, overlaps it by `threshold` or
 * more. Stops when `most` are kept.
 * @returns the kept ones' indexes, in the order given
 */
export function suppressOverlaps(
  boxes: readonly Readonly<Box>[],
  order: readonly number[],
  threshold: number,
  most = Infinity,
): number[] {
  const kept: number[] = [];
  const limit = fround(threshold);
  for (const index of order) {
    if (kept.length >= most) break;
    if (kept.every((other) => boxOverlap(boxes[other]!, boxes[index]!) < limit)) kept.push(index);
  }
  return kept;
}
