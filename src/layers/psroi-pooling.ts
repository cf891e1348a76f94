/** PSROIPooling: means over bins, each bin of a region from channels of its own. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { limit, RegionLayer, roundHalfAway } from './shared/regions.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';

interface PsRoiSettings {
  spatial_scale: number;
  output_dim: number;
  group_size: number;
}

/**
 * Position-sensitive pooling: a region is divided into g x g bins, and bin (p, q) of output c is the mean of channel
 * (c · g + p) · g + q over that bin.
 *
 * @formula start = round(v) · scale, end = (round(v) + 1) · scale, size = max(end − start, 0.1); bin p covers rows from
 *   ⌊p · size / g + start⌋ to before ⌈(p + 1) · size / g + start⌉, limited to the map; likewise columns
 * @bottoms x, (N, output_dim · g², H, W); rois, (R, 5): image, x1, y1, x2, y2 in pixels of the image
 * @tops y, (R, output_dim, g, g); 0 for an empty bin
 * @fields `spatial_scale`, `output_dim` and `group_size` (g) are required
 * @source psroi_pooling_layer.cpp of Cambricon/caffe and of intel/caffe; Dai et al., R-FCN, 2016
 */
export class PSROIPoolingLayer extends RegionLayer {
  static override readonly facts: LayerFacts = {
    type: 'PSROIPooling',
    origin: 'R-FCN',
    family: 'pooling',
    doc: 'Means over bins of regions, each bin from channels of its own.',
    bottoms: ['x', 'rois'],
    tops: ['y'],
    params: ['psroi_pooling_param'],
  };

  #outputs = 1;
  #group = 1;
  #scale = 1;

  override setUp(): void {
    const given = settingsOf<PsRoiSettings>(this.param, 'psroi_pooling_param');
    const { output_dim = 0, group_size = 0, spatial_scale = 0 } = given;
    this.check(output_dim > 0, 'output_dim must be > 0', undefined, 'psroi_pooling_param.output_dim');
    this.check(group_size > 0, 'group_size must be > 0', undefined, 'psroi_pooling_param.group_size');
    this.#outputs = output_dim;
    this.#group = group_size;
    this.#scale = Math.fround(spatial_scale);
  }

  override reshape([x, rois]: readonly Blob[], [y]: readonly Blob[]): void {
    const regions = this.regionsOf(x!, rois!);
    const wanted = this.#outputs * this.#group ** 2;
    this.check(
      x!.shape[1] === wanted,
      () =>
        `input channel number does not match layer parameters: bottom[0] is ${shapeString(x!.shape)}, expected ${wanted} channels`,
      'channels are output_dim · group_size²',
      'psroi_pooling_param.output_dim',
    );
    y!.reshape([regions, this.#outputs, this.#group, this.#group]);
  }

  override forward([x, rois]: readonly Blob[], [y]: readonly Blob[]): void {
    this.checkRegions(rois!);
    const [to, from, regions] = valuesOf(y!, x!, rois!);
    const [images, channels, height, width] = x!.shape as [number, number, number, number];
    const [group, scale, f] = [this.#group, this.#scale, Math.fround];
    for (let r = 0, at = 0; r < regions.length / 5; r++) {
      const image = this.imageOf(regions[r * 5]!, r, images);
      const corner = (i: number, more: number) => f(f(roundHalfAway(regions[r * 5 + i]!) + more) * scale);
      const [x1, y1, x2, y2] = [corner(1, 0), corner(2, 0), corner(3, 1), corner(4, 1)];
      const binH = f(f(Math.max(f(y2 - y1), f(0.1))) / group);
      const binW = f(f(Math.max(f(x2 - x1), f(0.1))) / group);
      const range = (p: number, bin: number, start: number, size: number) =>
        [limit(Math.floor(f(f(p * bin) + start)), size), limit(Math.ceil(f(f((p + 1) * bin) + start)), size)] as const;
      for (let c = 0; c < this.#outputs; c++)
        for (let p = 0; p < group; p++)
          for (let q = 0; q < group; q++) {
            const [top, bottom] = range(p, binH, y1, height);
            const [left, right] = range(q, binW, x1, width);
            const plane = (image * channels + (c * group + p) * group + q) * height * width;
            let sum = 0;
            for (let h = top; h < bottom; h++) for (let w = left; w < right; w++) sum += from[plane + h * width + w]!;
            const area = Math.max(bottom - top, 0) * Math.max(right - left, 0);
            to[at++] = area > 0 ? sum / area : 0;
          }
    }
  }
}
