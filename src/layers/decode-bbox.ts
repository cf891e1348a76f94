/** DecodeBBox of Cascade R-CNN: moves regions of interest by the offsets that a stage predicts. */
import type { Blob } from '../engine/blob.js';
import { Phase } from '../generated/messages.js';
import { shapeString } from '../shapes.js';
import { NO_NORMALIZATION, offsetNormalization } from './shared/bbox-regression.js';
import { settingsOf } from './shared/fork-settings.js';
import { takeMemory, valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * The regions of the next stage: those of this one, moved and resized by the offsets of the second of two classes.
 *
 * @formula with w = x2 − x1 + 1 and offsets d · std + mean: w' = w · exp(dw), x1' = dx · w + (x1 + x2) / 2 − (w' − 1) / 2,
 *   x2' = x1' + w' − 1; likewise y
 * @bottoms offsets, (R, 8): dx, dy, dw, dh of the background, which are not used, then of the object; rois, (R, 5): image, x1, y1, x2, y2.
 *   In training a third may follow, (R, n), whose last values say how well each region covers its object
 * @tops y, (R, 5, 1, 1), as rois. In training, regions whose corners change sides are left out, and those that cover their object by
 *   `gt_iou_thr` or more
 * @fields `bbox_reg_param` with `bbox_mean` (0) and `bbox_std` (1), four of each; `decode_bbox_param { gt_iou_thr (0.95) }`
 * @source decode_bbox_layer.cpp of zhaoweicai/cascade-rcnn and zhaoweicai/mscnn; Cai and Vasconcelos, Cascade R-CNN, 2018
 */
export class DecodeBBoxLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'DecodeBBox',
    origin: 'Cascade R-CNN',
    family: 'other',
    doc: 'Moves regions of interest by the offsets that a stage predicts.',
    bottoms: ['offsets', 'rois', 'matches?'],
    tops: ['y'],
    params: ['decode_bbox_param', 'bbox_reg_param'],
    shapesFromValues: true,
    withoutCase: 'test/layers/cascade-rcnn.test.ts compares it with the formula in float64',
  };

  #normalization = NO_NORMALIZATION;

  override reshape([offsets, rois, matches]: readonly Blob[], [y]: readonly Blob[]): void {
    this.#normalization = offsetNormalization(this.param, (...given) => this.check(...given));
    const rows = rois!.shape[0] ?? 0;
    this.check(
      offsets!.numAxes >= 2 && offsets!.count === rows * 8 && offsets!.shape[1] === 8,
      () => `expected (${rows}, 8), the offsets of two classes; bottom[0] is ${shapeString(offsets!.shape)}`,
    );
    this.check(
      rois!.numAxes >= 2 && rois!.count === rows * 5 && rois!.shape[1] === 5,
      () => `expected (R, 5), rows of image, x1, y1, x2, y2; bottom[1] is ${shapeString(rois!.shape)}`,
    );
    this.check(
      matches === undefined || (this.context.phase === Phase.TRAIN && matches.shape[0] === rows),
      () => `a third bottom belongs to training and has ${rows} rows; it is ${shapeString(matches!.shape)}`,
    );
    y!.reshapeLike(rois!);
  }

  override forward([offsets, rois, matches]: readonly Blob[], [y]: readonly Blob[]): void {
    const { means, deviations } = this.#normalization;
    const f = Math.fround;
    const [deltas, regions] = valuesOf(offsets!, rois!);
    const rows: number[] = [];
    for (let r = 0; r < regions.length / 5; r++) {
      const along = (i: 0 | 1): [number, number] => {
        const [low, high] = [regions[r * 5 + 1 + i]!, regions[r * 5 + 3 + i]!];
        const offset = (at: number) => f(f(deltas[r * 8 + 4 + at]! * deviations[at]!) + means[at]!);
        const size = f(f(high - low) + 1);
        const moved = f(f(offset(i) * size) + f(f(low + high) / 2));
        const length = f(size * f(Math.exp(offset(i + 2))));
        const start = f(moved - f(f(length - 1) / 2));
        return [start, f(f(start + length) - 1)];
      };
      const [[x1, x2], [y1, y2]] = [along(0), along(1)];
      if (this.context.phase === Phase.TRAIN && (x1 > x2 || y1 > y2 || this.#isCovered(r, matches))) continue;
      rows.push(regions[r * 5]!, x1, y1, x2, y2);
    }
    this.check(rows.length > 0, 'no region is left');
    y!.reshape([rows.length / 5, 5, 1, 1]);
    takeMemory(y!);
    y!.data.set(rows);
  }

  /** Whether a region of training covers its object so well that no stage needs it. */
  #isCovered(row: number, matches: Blob | undefined): boolean {
    if (!matches) return false;
    const { gt_iou_thr = 0.95 } = settingsOf<{ gt_iou_thr: number }>(this.param, 'decode_bbox_param');
    const width = matches.countOf(1);
    return matches.peek()[row * width + width - 1]! >= Math.fround(gt_iou_thr);
  }
}
