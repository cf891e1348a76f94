/** The anchors of region proposal networks: boxes of several shapes and sizes around one cell. */
import type { Corners } from './detections.js';
import { roundHalfAway } from './regions.js';

/**
 * Anchors around the centre of a square of `base` pixels, ratio-major.
 * @param ratios height / width
 * @param scales multiples of the rounded sides of each ratio
 * @source generate_anchors.py of py-faster-rcnn
 */
export function anchorsOf(base: number, ratios: readonly number[], scales: readonly number[]): Corners[] {
  const center = 0.5 * (base - 1);
  return ratios.flatMap((ratio) => {
    const width = roundHalfAway(Math.sqrt((base * base) / ratio));
    const height = roundHalfAway(width * ratio);
    return scales.map((scale) => {
      const [x, y] = [0.5 * (width * scale - 1), 0.5 * (height * scale - 1)];
      return { x1: center - x, y1: center - y, x2: center + x, y2: center + y };
    });
  });
}

/**
 * One side of a box from its offsets to an anchor, limited to the image.
 * @param from first and `to` last coordinate of the anchor, both inside of it
 * @param shift of the centre, in lengths of the anchor
 * @param log of the length, in lengths of the anchor
 * @param size of the image
 */
export function decodeSide(from: number, to: number, shift: number, log: number, size: number): [number, number] {
  const length = to - from + 1;
  const center = from + 0.5 * length + shift * length;
  const half = 0.5 * Math.exp(log) * length;
  const clip = (value: number) => Math.max(0, Math.min(value, size - 1));
  return [clip(center - half), clip(center + half)];
}
