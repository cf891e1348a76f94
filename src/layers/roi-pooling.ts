/** ROIPooling: maxima over a grid of bins in each region of interest. */
import type { Blob } from '../engine/blob.js';
import { settingsOf } from './shared/fork-settings.js';
import { limit, RegionLayer, roundHalfAway } from './shared/regions.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';

interface RoiPoolingSettings {
  pooled_h: number;
  pooled_w: number;
  spatial_scale: number;
}

/**
 * Divides each region of a feature map into pooled_h x pooled_w bins and takes the maximum of each.
 *
 * @formula bin (p, q) covers rows from ⌊p · h / pooled_h⌋ to before ⌈(p + 1) · h / pooled_h⌉ of the region, limited to the map;
 *   h = max(end − start + 1, 1), start and end rounded after multiplication by `spatial_scale`; likewise columns
 * @bottoms x, (N, C, H, W); rois, (R, 5): image, x1, y1, x2, y2 in pixels of the image
 * @tops y, (R, C, pooled_h, pooled_w); 0 for an empty bin
 * @fields `pooled_h` and `pooled_w` are required; `spatial_scale` (1)
 * @source roi_pooling_layer.cpp of rbgirshick/caffe-fast-rcnn; Girshick, Fast R-CNN, 2015
 */
export class ROIPoolingLayer extends RegionLayer {
  static override readonly facts: LayerFacts = {
    type: 'ROIPooling',
    origin: 'Fast R-CNN',
    family: 'pooling',
    doc: 'Maxima over a grid of bins in each region of interest.',
    bottoms: ['x', 'rois'],
    tops: ['y'],
    params: ['roi_pooling_param'],
  };

  #pooled: readonly [number, number] = [1, 1];

  override setUp(): void {
    this.#pooled = this.pooledSize('roi_pooling_param');
  }

  override reshape([x, rois]: readonly Blob[], [y]: readonly Blob[]): void {
    y!.reshape([this.regionsOf(x!, rois!), x!.shape[1]!, ...this.#pooled]);
  }

  override forward([x, rois]: readonly Blob[], [y]: readonly Blob[]): void {
    this.checkRegions(rois!);
    const { spatial_scale = 1 } = settingsOf<RoiPoolingSettings>(this.param, 'roi_pooling_param');
    const scale = Math.fround(spatial_scale);
    const [to, from, regions] = valuesOf(y!, x!, rois!);
    const [images, channels, height, width] = x!.shape as [number, number, number, number];
    const [pooledH, pooledW] = this.#pooled;
    for (let r = 0, at = 0; r < regions.length / 5; r++) {
      const image = this.imageOf(regions[r * 5]!, r, images);
      const [x1, y1, x2, y2] = [1, 2, 3, 4].map((i) => roundHalfAway(Math.fround(regions[r * 5 + i]! * scale))) as [
        number,
        number,
        number,
        number,
      ];
      const binH = Math.fround(Math.max(y2 - y1 + 1, 1) / pooledH);
      const binW = Math.fround(Math.max(x2 - x1 + 1, 1) / pooledW);
      const range = (p: number, bin: number, start: number, size: number) =>
        [
          limit(Math.floor(Math.fround(p * bin)) + start, size),
          limit(Math.ceil(Math.fround((p + 1) * bin)) + start, size),
        ] as const;
      for (let c = 0; c < channels; c++) {
        const plane = (image * channels + c) * height * width;
        for (let p = 0; p < pooledH; p++)
          for (let q = 0; q < pooledW; q++) {
            const [top, bottom] = range(p, binH, y1, height);
            const [left, right] = range(q, binW, x1, width);
            let best = bottom <= top || right <= left ? 0 : -3.4028234663852886e38;
            for (let h = top; h < bottom; h++)
              for (let w = left; w < right; w++) best = Math.max(best, from[plane + h * width + w]!);
            to[at++] = best;
          }
      }
    }
  }
}
