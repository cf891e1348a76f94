/** What the YOLO output layers of MobileNet-YOLO share: suppression over all classes, and the form of the rows. */
import type { Blob } from '../../engine/blob.js';
import { centerOverlap, suppress, type CenterBox } from './detections.js';
import { stdSort } from './std-sort.js';

export interface YoloPrediction extends CenterBox {
  readonly label: number;
  readonly score: number;
}

/**
 * Writes predictions as rows: image, which is always 0, class + 1, score, left, top, right, bottom.
 * @param images size of the batch: where nothing is left, each image has a row (image, −1, −1, −1, −1, −1, −1)
 */
export function writeYoloRows(
  y: Blob,
  predictions: readonly YoloPrediction[],
  threshold: number,
  images: number,
): void {
  const least = Math.fround(threshold);
  const kept = suppress(
    stdSort([...predictions], (a, b) => a.score > b.score),
    (other, item) => Math.fround(centerOverlap(other, item)) >= least,
  );
  const rows = kept.flatMap(({ label, score, x: cx, y: cy, w, h }) => [
    0,
    label + 1,
    score,
    cx - w / 2,
    cy - h / 2,
    cx + w / 2,
    cy + h / 2,
  ]);
  if (rows.length === 0) for (let image = 0; image < images; image++) rows.push(image, -1, -1, -1, -1, -1, -1);
  y.reshape([1, 1, rows.length / 7, 7]);
  y.data.set(rows);
}

/** Softmax over values of an array that lie `step` apart: the largest probability and its place. */
export function bestOfSoftmax(values: Float32Array, start: number, step: number, count: number): [number, number] {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[start + i * step]! > values[start + best * step]!) best = i;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.exp(values[start + i * step]! - values[start + best * step]!);
  return [best, 1 / sum];
}
