/** What the layers that pool regions of interest share: their bottoms, the top's shape and rounding in float32. */
import type { Blob } from '../../engine/blob.js';
import { shapeString } from '../../shapes.js';
import { Layer } from '../layer.js';
import { settingsOf } from './fork-settings.js';

/** C's round(): halves away from zero. */
export function roundHalfAway(value: number): number {
  return value < 0 ? -Math.floor(-value + 0.5) : Math.floor(value + 0.5);
}

/** Limits a value to 0 … size. */
export function limit(value: number, size: number): number {
  return Math.min(Math.max(value, 0), size);
}

/** Rows and columns that a region is pooled to. */
type PooledSize = readonly [height: number, width: number];

export abstract class RegionLayer extends Layer {
  /** The size in a layer's settings, which is required. */
  protected pooledSize(field: string): PooledSize {
    const { pooled_h = 0, pooled_w = 0 } = settingsOf<{ pooled_h: number; pooled_w: number }>(this.param, field);
    this.check(pooled_h > 0, 'pooled_h must be > 0', undefined, `${field}.pooled_h`);
    this.check(pooled_w > 0, 'pooled_w must be > 0', undefined, `${field}.pooled_w`);
    return [pooled_h, pooled_w];
  }

  /**
   * Number of regions: the first axis of the second bottom. Forks do not look at the others before they read five values of each
   * region, and nets are published whose input for regions has a stand-in for a shape.
   */
  protected regionsOf(x: Blob, rois: Blob): number {
    this.check(x.numAxes === 4, () => `expected (N, C, H, W), bottom[0] is ${shapeString(x.shape)}`);
    this.check(rois.numAxes > 0, () => wrongRegions(rois));
    return isRegions(rois) ? rois.count / 5 : rois.shape[0]!;
  }

  /** The second bottom, of which five values of each region are read. */
  protected checkRegions(rois: Blob): void {
    this.check(isRegions(rois), () => wrongRegions(rois));
  }

  /** The image of a region. */
  protected imageOf(row: number, region: number, images: number): number {
    const image = Math.trunc(row);
    this.check(
      image >= 0 && image < images,
      `roi_batch_ind < batch_size (${row} vs. ${images}): region ${region} is of an image that bottom[0] does not have`,
    );
    return image;
  }
}

function isRegions({ count, shape }: Blob): boolean {
  return count % 5 === 0 && shape.slice(1).includes(5);
}

function wrongRegions({ shape }: Blob): string {
  return `Invalid shape: bottom[1] should be (R, 5), rows of image, x1, y1, x2, y2; it is ${shapeString(shape)}`;
}
