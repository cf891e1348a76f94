/** What the layers that pool regions of interest share: their bottoms, the top's shape and rounding in float32. */
import type { Blob } from '../../engine/blob.js';
import { shapeString } from '../../shapes.js';
import { Layer } from '../layer.js';

/** C's round(): halves away from zero. */
export function roundHalfAway(value: number): number {
  return value < 0 ? -Math.floor(-value + 0.5) : Math.floor(value + 0.5);
}

/** Limits a value to 0 … size. */
export function limit(value: number, size: number): number {
  return Math.min(Math.max(value, 0), size);
}

export abstract class RegionLayer extends Layer {
  /** Number of regions: rows of five values in the second bottom. */
  protected regionsOf(x: Blob, rois: Blob): number {
    this.check(x.numAxes === 4, () => `expected (N, C, H, W), bottom[0] is ${shapeString(x.shape)}`);
    this.check(
      rois.count % 5 === 0 && rois.numAxes > 0 && rois.shape.slice(1).includes(5),
      () =>
        `Invalid shape: bottom[1] should be (R, 5), rows of image, x1, y1, x2, y2; it is ${shapeString(rois.shape)}`,
    );
    return rois.count / 5;
  }

  /** The image of a region. */
  protected imageOf(row: number, region: number, images: number): number {
    this.check(
      row >= 0 && row < images,
      `roi_batch_ind < batch_size (${row} vs. ${images}): region ${region} is of an image that bottom[0] does not have`,
    );
    return Math.trunc(row);
  }
}
