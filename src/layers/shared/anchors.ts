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
