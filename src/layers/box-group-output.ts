/** BoxGroupOutput of Cascade R-CNN: regions of interest from heads with several boxes in each cell. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { NO_NORMALIZATION, offsetNormalization } from './shared/bbox-regression.js';
import type { Corners } from './shared/detections.js';
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
import { stdPartialSort } from './shared/std-sort.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface BoxGroup {
  field_h: number[];
  field_w: number[];
  stride: number;
}

interface Settings extends RegionSettings {
  readonly box_group_param: readonly Partial<BoxGroup>[];
}

type ScoredBox = Corners & { readonly score: number };

/**
 * Decodes the boxes of one or more heads, and keeps the best of each image that do not overlap.
 *
 * @formula score = 1 − s of class 0; boxes with score ≥ `fg_thr`. With dx, dy limited to ±1 / `field_xyr` and dw, dh to ±ln `field_whr`:
 *   w' = field_w · exp(dw), x1 = dx · field_w + (column + ½) · stride − w' / 2, x2 = x1 + w' − 1; likewise y. Corners are limited to 0 and to
 *   the map's size · stride. Boxes below `min_size` go. The best `max_nms_num`; one is dropped when it overlaps a better one by more than
 *   `iou_thr`; the best `max_post_nms_num`
 * @bottoms for each head two: scores, (N · G, K, H, W), and offsets, (N · G, 4, H, W): dx, dy, dw, dh. G is the number of boxes in a cell
 * @tops rois, (R, 5, 1, 1): image, x1, y1, x2, y2; optionally the same with the score, (R, 6, 1, 1). Nothing found: one row 0, 1, 1, 10, 10, and
 *   zeros
 * @fields `box_group_param` for each head, with `field_w` and `field_h` for each box in a cell, and `stride`; `fg_thr` (0), `iou_thr` (0.5), `nms_type`
 *   (IOU; IOMU divides by the smaller box, IOFU by the better one), `field_whr` (2), `field_xyr` (2), `max_nms_num` and `max_post_nms_num` (0: all),
 *   `min_size` (15); `bbox_reg_param` with `bbox_mean` and `bbox_std`, four of each, which offsets are multiplied with and added to
 * @notes Equal scores keep their order: heads, then boxes of a cell, rows and columns. The fork's sort leaves it open
 * @source box_group_output_layer.cpp and bbox_util.cpp of zhaoweicai/cascade-rcnn; Cai and Vasconcelos, Cascade R-CNN, 2018
 */
export class BoxGroupOutputLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'BoxGroupOutput',
    origin: 'Cascade R-CNN',
    family: 'other',
    doc: 'Regions of interest from heads with several boxes in each cell.',
    bottoms: ['...heads'],
    tops: ['rois', 'scored?'],
    params: ['box_group_output_param', 'bbox_reg_param'],
    shapesFromValues: true,
    withoutCase: 'test/layers/cascade-rcnn.test.ts compares it with the formula in float64',
  };

  #normalization = NO_NORMALIZATION;

  get #settings(): Settings {
    const given = settingsOf<Settings>(this.param, 'box_group_output_param');
    return { ...REGION_DEFAULTS, box_group_param: [], ...given };
  }

  get #groups(): BoxGroup[] {
    return this.#settings.box_group_param.map(({ field_h = [], field_w = [], stride = 0 }) => ({
      field_h,
      field_w,
      stride,
    }));
  }

  override reshape(heads: readonly Blob[], [rois, scored]: readonly Blob[]): void {
    this.#normalization = offsetNormalization(this.param, (...given) => this.check(...given));
    const groups = this.#groups;
    this.check(
      heads.length === 2 * groups.length && groups.length > 0,
      () =>
        `expected two bottoms for each of ${groups.length} box_group_param, scores and offsets; got ${heads.length} bottoms`,
      undefined,
      'box_group_output_param.box_group_param',
    );
    for (const [i, { field_h, field_w }] of groups.entries()) {
      this.check(
        field_h.length === field_w.length && field_h.length > 0,
        () => `field_h and field_w must be given equally often, got ${field_h.length} and ${field_w.length}`,
        undefined,
        'box_group_output_param.box_group_param',
      );
      const [scores, offsets] = [heads[2 * i]!.shape, heads[2 * i + 1]!.shape];
      const [boxes, classes, height, width] = scores;
      const images = heads[0]!.shape[0]! / groups[0]!.field_h.length;
      const fits = scores.length === 4 && Number.isInteger(images) && boxes === images * field_h.length && classes! > 0;
      this.check(
        classes === heads[0]!.shape[1],
        () => `all scores must be of ${heads[0]!.shape[1]!} classes, bottom[${2 * i}] is ${shapeString(scores)}`,
      );
      this.check(
        fits && shapeString(offsets) === shapeString([boxes, 4, height!, width!]),
        () =>
          `expected scores of (N · ${field_h.length}, classes, H, W) and offsets of (N · ${field_h.length}, 4, H, W), got ${shapeString(scores)} and ${shapeString(offsets)}`,
      );
    }
    rois!.reshape([1, 5, 1, 1]);
    scored?.reshape([1, 6, 1, 1]);
  }

  override forward(heads: readonly Blob[], [rois, scored]: readonly Blob[]): void {
    const images = heads[0]!.shape[0]! / this.#groups[0]!.field_h.length;
    const found: RegionRow[] = [];
    for (let image = 0; image < images; image++)
      for (const { x1, y1, x2, y2, score } of this.#selected(this.#boxesOf(image, heads)))
        found.push([image, x1, y1, x2, y2, score]);
    writeRegions(rois!, scored, found);
  }

  /** The boxes of an image that are good and large enough. */
  #boxesOf(image: number, heads: readonly Blob[]): ScoredBox[] {
    const settings = this.#settings;
    const { fg_thr, min_size } = settings;
    const { shift, growth } = limitedMoves(settings);
    const { means, deviations } = this.#normalization;
    const f = Math.fround;
    const values = valuesOf(...heads);
    const boxes: ScoredBox[] = [];
    for (const [k, { field_h, field_w, stride }] of this.#groups.entries()) {
      const [scores, offsets] = [values[2 * k]!, values[2 * k + 1]!];
      const [, classes, height, width] = heads[2 * k]!.shape as [number, number, number, number];
      const area = height * width;
      for (const [g, field] of field_w.entries()) {
        const plane = image * field_w.length + g;
        for (let cell = 0; cell < area; cell++) {
          const score = f(1 - scores[plane * classes * area + cell]!);
          if (!(score >= f(fg_thr))) continue;
          const offset = (i: number) => f(f(offsets[(plane * 4 + i) * area + cell]! * deviations[i]!) + means[i]!);
          const along = (i: 0 | 1, side: number, place: number, size: number): [number, number] => {
            const moved = f(f(shift(offset(i)) * side) + f((place + 0.5) * stride));
            const length = f(side * growth(offset(i + 2)));
            const start = f(moved - f(length / 2));
            return [Math.max(start, 0), Math.min(f(f(start + length) - 1), size * stride)];
          };
          const [x1, x2] = along(0, field, cell % width, width);
          const [y1, y2] = along(1, field_h[g]!, Math.floor(cell / width), height);
          const isLarge = (low: number, high: number) => f(f(high - low) + 1) >= f(min_size);
          if (isLarge(x1, x2) && isLarge(y1, y2)) boxes.push({ x1, y1, x2, y2, score });
        }
      }
    }
    return boxes;
  }

  #selected(boxes: readonly ScoredBox[]): ScoredBox[] {
    const { max_nms_num } = this.#settings;
    const count = max_nms_num > 0 ? Math.min(max_nms_num, boxes.length) : boxes.length;
    const sorted = stdPartialSort([...boxes], count, (a, b) => a.score > b.score);
    return bestRegions(sorted, this.#settings, overlap);
  }
}

/** Intersection over union, over the smaller box (IOMU), or over the first one (IOFU), in float32; a box from 0 to 0 is a pixel. */
function overlap(a: Corners, b: Corners, mode: string): number {
  const f = Math.fround;
  const isEmpty = (box: Corners) => box.x2 < box.x1 || box.y2 < box.y1;
  const size = (low: number, high: number) => f(f(high - low) + 1);
  if (isEmpty(a) || isEmpty(b)) return 0;
  const [left, top] = [Math.max(a.x1, b.x1), Math.max(a.y1, b.y1)];
  const [right, bottom] = [Math.min(a.x2, b.x2), Math.min(a.y2, b.y2)];
  // A row in common is none, a column in common is one: so the fork has it.
  const common = left > right || top >= bottom ? 0 : f(size(left, right) * size(top, bottom));
  const area = (box: Corners) => f(size(box.x1, box.x2) * size(box.y1, box.y2));
  const [first, second] = [area(a), area(b)];
  const whole = overlapBase(mode, first, second, common);
  return whole <= 0 ? 0 : f(common / whole);
}
