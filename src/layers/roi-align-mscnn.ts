/** ROIAlign of MS-CNN and Cascade R-CNN: bilinear samples at the corners of a grid of bins. */
import type { Blob } from '../engine/blob.js';
import { settingsOf } from './shared/fork-settings.js';
import { limit, RegionLayer } from './shared/regions.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';

interface Settings {
  pooled_h: number;
  pooled_w: number;
  spatial_scale: number;
  pad_ratio: number;
}

/**
 * Divides each region into pooled_h x pooled_w bins, and samples the map at the corners of the bins. A pooling of 2 x 2 with
 * stride 1 behind it makes a value for each bin.
 *
 * @formula start = (x1 − (x2 − x1 + 1) · pad_ratio) · scale − ½, end = (x2 + (x2 − x1 + 1) · pad_ratio) · scale − ½; sample p of
 *   0 … pooled is at start + p · (end − start) / pooled, limited to the map; 0 more than half a pixel beyond the map, and in regions
 *   without width or height; likewise rows
 * @bottoms x, (N, C, H, W); rois, (R, 5): image, x1, y1, x2, y2 in pixels of the image
 * @tops y, (R, C, pooled_h + 1, pooled_w + 1)
 * @fields of `roi_pooling_param`: `pooled_h` and `pooled_w` are required; `spatial_scale` (1); `pad_ratio` (0)
 * @source roi_align_layer.cpp of zhaoweicai/mscnn and zhaoweicai/cascade-rcnn; Cai and Vasconcelos, Cascade R-CNN, 2018
 */
export class ROIAlignMscnnLayer extends RegionLayer {
  static override readonly facts: LayerFacts = {
    type: 'ROIAlign',
    origin: 'MS-CNN',
    family: 'pooling',
    doc: 'Bilinear samples at the corners of a grid of bins in each region of interest.',
    bottoms: ['x', 'rois'],
    tops: ['y'],
    params: ['roi_pooling_param'],
    variant: {
      name: 'mscnn',
      schemas: ['mscnn', 'cascade-rcnn'],
      when: 'the settings are in roi_pooling_param',
      claims: ({ param }) => 'roi_pooling_param' in param && !('roi_align_param' in param),
    },
    withoutCase: 'test/layers/cascade-rcnn.test.ts compares it with the formula in float64',
  };

  #pooled: readonly [number, number] = [1, 1];

  override setUp(): void {
    this.#pooled = this.pooledSize('roi_pooling_param');
  }

  override reshape([x, rois]: readonly Blob[], [y]: readonly Blob[]): void {
    y!.reshape([this.regionsOf(x!, rois!), x!.shape[1]!, this.#pooled[0] + 1, this.#pooled[1] + 1]);
  }

  override forward([x, rois]: readonly Blob[], [y]: readonly Blob[]): void {
    this.checkRegions(rois!);
    const given = settingsOf<Settings>(this.param, 'roi_pooling_param');
    const f = Math.fround;
    const [scale, pad] = [f(given.spatial_scale ?? 1), f(given.pad_ratio ?? 0)];
    const [to, from, regions] = valuesOf(y!, x!, rois!);
    const [images, channels, height, width] = x!.shape as [number, number, number, number];
    for (let r = 0, at = 0; r < regions.length / 5; r++) {
      const image = this.imageOf(regions[r * 5]!, r, images);
      /** Where the samples of an axis are; undefined where they are 0. */
      const samples = (low: number, high: number, bins: number, size: number): (Tap | undefined)[] => {
        const around = f(f(f(high - low) + 1) * pad);
        const start = f(f(f(low - around) * scale) - 0.5);
        const length = f(f(f(f(high + around) * scale) - 0.5) - start);
        return Array.from({ length: bins + 1 }, (_, p) =>
          length > 0 ? tapAt(f(start + f(p * f(length / bins))), size) : undefined,
        );
      };
      const rows = samples(regions[r * 5 + 2]!, regions[r * 5 + 4]!, this.#pooled[0], height);
      const columns = samples(regions[r * 5 + 1]!, regions[r * 5 + 3]!, this.#pooled[1], width);
      for (let c = 0; c < channels; c++) {
        const plane = (image * channels + c) * height * width;
        for (const row of rows)
          for (const column of columns) {
            if (!row || !column) to[at++] = 0;
            else {
              const line = (h: number) =>
                (1 - column.part) * from[plane + h * width + column.low]! +
                column.part * from[plane + h * width + column.high]!;
              to[at++] = (1 - row.part) * line(row.low) + row.part * line(row.high);
            }
          }
      }
    }
  }
}

/** Two pixels of an axis, and how much of the second one counts. */
interface Tap {
  readonly low: number;
  readonly high: number;
  readonly part: number;
}

function tapAt(position: number, size: number): Tap | undefined {
  if (!(position >= -0.5 && position <= size - 0.5)) return undefined;
  const pixel = Math.floor(position);
  const low = limit(pixel, size - 1);
  return { low, high: limit(pixel + 1, size - 1), part: limit(position, size - 1) - low };
}
