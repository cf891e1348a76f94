/** BoxOutput of MS-CNN: regions of interest from the detection heads of several scales. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import {
  bestRegions,
  limitedMoves,
  overlapBase,
  REGION_DEFAULTS,
  type RegionRow,
  type RegionSettings,
  writeRegions,
} from './shared/region-output.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface BoxOutputSettings extends RegionSettings {
  readonly field_h: readonly number[];
  readonly field_w: readonly number[];
  readonly downsample_rate: readonly number[];
}

/** A box by its corner and size, with how it ranks. */
interface ScoredBox {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly score: number;
  /** Its place among the boxes of its image. */
  readonly index: number;
}

/**
 * Decodes the boxes of several detection heads, and keeps the best of each image that do not overlap.
 *
 * @formula score = max over classes from 1 on of s, minus s of class 0; boxes with score ≥ `fg_thr`. With dx, dy limited to ±1 / `field_xyr`
 *   and dw, dh to ±ln `field_whr`: w' = field_w · exp(dw), x1 = dx · field_w + (column + ½) · downsample_rate − w' / 2; likewise y.
 *   Corners are limited to 0, sizes to the image. Boxes below `min_size` go. The best `max_nms_num`; one is dropped when it overlaps a
 *   better one by more than `iou_thr`; the best `max_post_nms_num`
 * @bottoms one or more heads, each (N, K + 4, H, W): scores of K classes, then dx, dy, dw, dh
 * @tops rois, (R, 5, 1, 1): image, x1, y1, x2, y2; optionally the same with the score, (R, 6, 1, 1). Nothing found: one row 0, 1, 1, 10, 10, and
 *   zeros
 * @fields `field_w`, `field_h` and `downsample_rate` once for each bottom; `fg_thr` (0), `iou_thr` (0.5), `nms_type` (IOU; IOMU divides by the
 *   smaller box, IOFU by the better one), `field_whr` (2), `field_xyr` (2), `max_nms_num` and `max_post_nms_num` (0: all), `min_size` (15);
 *   `bbox_reg_param` with `bbox_mean` and `bbox_std`, four of each, which offsets are multiplied with and added to
 * @notes Of equal scores the later box goes first
 * @source box_output_layer.cpp of zhaoweicai/mscnn; Cai et al., MS-CNN, 2016
 */
export class BoxOutputLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'BoxOutput',
    origin: 'MS-CNN',
    family: 'other',
    doc: 'Regions of interest from the detection heads of several scales.',
    bottoms: ['...heads'],
    tops: ['rois', 'scored?'],
    params: ['box_output_param', 'bbox_reg_param'],
    shapesFromValues: true,
  };

  get #settings(): BoxOutputSettings {
    const lists = { field_h: [], field_w: [], downsample_rate: [] };
    return { ...REGION_DEFAULTS, ...lists, ...settingsOf<BoxOutputSettings>(this.param, 'box_output_param') };
  }

  /** What offsets are multiplied with, and what is added then. */
  get #normalization(): { means: number[]; deviations: number[] } | undefined {
    const given = settingsOf<{ bbox_mean: number[]; bbox_std: number[] }>(this.param, 'bbox_reg_param');
    const { bbox_mean: means = [], bbox_std: deviations = [] } = given;
    return means.length > 0 && deviations.length > 0 ? { means, deviations } : undefined;
  }

  override reshape(heads: readonly Blob[], [rois, scored]: readonly Blob[]): void {
    const settings = this.#settings;
    for (const field of ['field_h', 'field_w', 'downsample_rate'] as const)
      this.check(
        settings[field].length === heads.length,
        () => `${field} must be given once for each of ${heads.length} bottoms, got ${settings[field].length}`,
        undefined,
        `box_output_param.${field}`,
      );
    const { means = [], deviations = [] } = this.#normalization ?? {};
    this.check(
      means.length === deviations.length && [0, 4].includes(means.length),
      `bbox_mean and bbox_std must have four values each, got ${means.length} and ${deviations.length}`,
      undefined,
      'bbox_reg_param',
    );
    const [num, channels] = heads[0]!.shape;
    for (const { shape } of heads)
      this.check(
        shape.length === 4 && shape[0] === num && shape[1] === channels && channels! >= 5,
        () =>
          `expected heads of (N, classes + 4, H, W), got ${heads.map((head) => shapeString(head.shape)).join(', ')}`,
      );
    rois!.reshape([1, 5, 1, 1]);
    scored?.reshape([1, 6, 1, 1]);
  }

  override forward(heads: readonly Blob[], [rois, scored]: readonly Blob[]): void {
    const found: RegionRow[] = [];
    for (let image = 0; image < heads[0]!.shape[0]!; image++)
      for (const { x, y, w, h, score } of this.#selected(this.#boxesOf(image, heads)))
        found.push([image, x, y, Math.fround(x + w), Math.fround(y + h), score]);
    writeRegions(rois!, scored, found);
  }

  /** The boxes of an image that are good and large enough, in the order of heads, rows and columns. */
  #boxesOf(image: number, heads: readonly Blob[]): ScoredBox[] {
    const settings = this.#settings;
    const { fg_thr, field_w, field_h, downsample_rate, min_size } = settings;
    const { shift, growth } = limitedMoves(settings);
    const { means = [0, 0, 0, 0], deviations = [1, 1, 1, 1] } = this.#normalization ?? {};
    const f = Math.fround;
    const boxes: ScoredBox[] = [];
    const values = valuesOf(...heads);
    for (const [k, { shape }] of heads.entries()) {
      const [, channels, height, width] = shape as [number, number, number, number];
      const [data, area, rate] = [values[k]!, height * width, downsample_rate[k]!];
      for (let cell = 0; cell < area; cell++) {
        const at = (channel: number) => data[(image * channels + channel) * area + cell]!;
        let best = -Infinity;
        for (let label = 1; label < channels - 4; label++) best = Math.max(best, at(label));
        // One class alone: the fork begins with the lowest float.
        const score = f(Math.max(best, -3.4028234663852886e38) - at(0));
        if (!(score >= f(fg_thr))) continue;
        const offset = (i: number) => f(f(at(channels - 4 + i) * f(deviations[i]!)) + f(means[i]!));
        const along = (i: 0 | 1, field: number, place: number, size: number): [number, number] => {
          const moved = f(f(shift(offset(i)) * field) + f((place + 0.5) * rate));
          const length = f(field * growth(offset(i + 2)));
          const start = Math.max(f(moved - f(length / 2)), 0);
          return [start, Math.min(length, f(Math.trunc(size * rate) - start))];
        };
        const [x, w] = along(0, field_w[k]!, cell % width, width);
        const [y, h] = along(1, field_h[k]!, Math.floor(cell / width), height);
        if (w >= f(min_size) && h >= f(min_size)) boxes.push({ x, y, w, h, score, index: boxes.length });
      }
    }
    return boxes;
  }

  #selected(boxes: readonly ScoredBox[]): ScoredBox[] {
    const best = [...boxes].sort((a, b) => b.score - a.score || b.index - a.index);
    return bestRegions(best, this.#settings, overlap);
  }
}

/** Intersection over union, over the smaller box (IOMU), or over the first one (IOFU), in float32. */
function overlap(a: ScoredBox, b: ScoredBox, mode: string): number {
  if (a.w <= 0 || a.h <= 0 || b.w <= 0 || b.h <= 0) return 0;
  const f = Math.fround;
  const width = f(Math.min(f(a.x + a.w), f(b.x + b.w)) - Math.max(a.x, b.x));
  const height = f(Math.min(f(a.y + a.h), f(b.y + b.h)) - Math.max(a.y, b.y));
  const common = width <= 0 || height <= 0 ? 0 : f(width * height);
  const [first, second] = [f(a.w * a.h), f(b.w * b.h)];
  return f(common / overlapBase(mode, first, second, common));
}
