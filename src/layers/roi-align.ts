/** ROIAlign: means of bilinear samples over a grid of bins in each region of interest. */
import type { Blob } from '../engine/blob.js';
import { settingsOf } from './shared/fork-settings.js';
import { RegionLayer } from './shared/regions.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';

interface RoiAlignSettings {
  pooled_h: number;
  pooled_w: number;
  spatial_scale: number;
  sampling_ratio: number;
}

/**
 * Divides each region into pooled_h x pooled_w bins and takes the mean of bilinear samples in each. Corners are not rounded and
 * not shifted by half a pixel.
 *
 * @formula a bin has `sampling_ratio` samples along each axis, or ⌈size / pooled⌉ when that is 0, at its evenly spaced centres;
 *   samples beyond −1 … H count as 0
 * @bottoms x, (N, C, H, W); rois, (R, 5) or (1, R, 1, 5): image, x1, y1, x2, y2 in pixels of the image
 * @tops y, (R, C, pooled_h, pooled_w)
 * @fields `pooled_h` and `pooled_w` are required; `spatial_scale` (1); `sampling_ratio` (0)
 * @notes The fork makes N times as many results, and reads behind the regions for the second image on. Here it is R
 * @source roi_align_layer.cpp of Cambricon/caffe; He et al., Mask R-CNN, 2017
 */
export class ROIAlignLayer extends RegionLayer {
  static override readonly facts: LayerFacts = {
    type: 'ROIAlign',
    origin: 'Mask R-CNN',
    family: 'pooling',
    doc: 'Means of bilinear samples over a grid of bins in each region of interest.',
    bottoms: ['x', 'rois'],
    tops: ['y'],
    params: ['roi_align_param'],
  };

  #pooled: readonly [number, number] = [1, 1];

  override setUp(): void {
    this.#pooled = this.pooledSize('roi_align_param');
  }

  override reshape([x, rois]: readonly Blob[], [y]: readonly Blob[]): void {
    y!.reshape([this.regionsOf(x!, rois!), x!.shape[1]!, ...this.#pooled]);
  }

  override forward([x, rois]: readonly Blob[], [y]: readonly Blob[]): void {
    this.checkRegions(rois!);
    const given = settingsOf<RoiAlignSettings>(this.param, 'roi_align_param');
    const [scale, ratio] = [Math.fround(given.spatial_scale ?? 1), given.sampling_ratio ?? 0];
    const [to, from, regions] = valuesOf(y!, x!, rois!);
    const [images, channels, height, width] = x!.shape as [number, number, number, number];
    const [pooledH, pooledW] = this.#pooled;
    const f = Math.fround;
    for (let r = 0, at = 0; r < regions.length / 5; r++) {
      const image = this.imageOf(regions[r * 5]!, r, images);
      const [x1, y1, x2, y2] = [1, 2, 3, 4].map((i) => f(regions[r * 5 + i]! * scale)) as [
        number,
        number,
        number,
        number,
      ];
      const [sizeH, sizeW] = [Math.max(f(y2 - y1), 1), Math.max(f(x2 - x1), 1)];
      const [binH, binW] = [f(sizeH / pooledH), f(sizeW / pooledW)];
      const gridH = ratio > 0 ? ratio : Math.ceil(f(sizeH / pooledH));
      const gridW = ratio > 0 ? ratio : Math.ceil(f(sizeW / pooledW));
      for (let c = 0; c < channels; c++) {
        const plane = (image * channels + c) * height * width;
        for (let p = 0; p < pooledH; p++)
          for (let q = 0; q < pooledW; q++) {
            let sum = 0;
            for (let i = 0; i < gridH; i++)
              for (let j = 0; j < gridW; j++) {
                const h = f(f(y1 + f(p * binH)) + f(f((i + 0.5) * binH) / gridH));
                const w = f(f(x1 + f(q * binW)) + f(f((j + 0.5) * binW) / gridW));
                sum += sample(from, plane, height, width, h, w);
              }
            to[at++] = sum / (gridH * gridW);
          }
      }
    }
  }
}

/** The value of a plane between its pixels; 0 more than a pixel beyond its border. */
function sample(x: Float32Array, plane: number, height: number, width: number, h: number, w: number): number {
  if (h < -1 || h > height || w < -1 || w > width) return 0;
  const tap = (at: number, size: number): [number, number, number] => {
    const position = Math.max(at, 0);
    const low = Math.trunc(position);
    return low >= size - 1 ? [size - 1, size - 1, 0] : [low, low + 1, position - low];
  };
  const [top, bottom, down] = tap(h, height);
  const [left, right, over] = tap(w, width);
  const value = (row: number, column: number) => x[plane + row * width + column]!;
  return (
    (1 - down) * ((1 - over) * value(top, left) + over * value(top, right)) +
    down * ((1 - over) * value(bottom, left) + over * value(bottom, right))
  );
}
