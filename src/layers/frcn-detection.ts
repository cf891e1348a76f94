/** FrcnDetection: the detections of a Faster R-CNN network. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { cornerOverlap, suppressUnsorted } from './shared/detections.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface FrcnSettings {
  nms_threshold: number;
  obj_threshold: number;
  keep_topk: number;
  class_num: number;
}

/**
 * Decodes the boxes of regions for each class, and drops those that overlap a better one of their class.
 *
 * @formula centre = x1 + w / 2 + dx · w, w' = exp(dw) · w with w = x2 − x1 + 1; likewise y. Boxes with a score above
 *   `obj_threshold`, in the order of regions and classes; of two that overlap the lower score goes
 * @bottoms deltas, R · C · 4 values; scores, R · C values; rois, R rows of image, x1, y1, x2, y2
 * @tops y, (1, 1, keep_topk, 6): x1, y1, x2, y2, class, score; zeros behind the last one
 * @fields `class_num`, of which class 0 is the background; `obj_threshold`, `nms_threshold`, `keep_topk`
 * @source frcn_detection_layer.cpp of sophgo/caffe
 */
export class FrcnDetectionLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'FrcnDetection',
    origin: 'Sophgo',
    family: 'other',
    doc: 'Decodes and filters the detections of a Faster R-CNN network.',
    bottoms: ['deltas', 'scores', 'rois'],
    tops: ['y'],
    params: ['frcn_detection_param'],
  };

  get #settings(): FrcnSettings {
    const byDefault = { nms_threshold: 0, obj_threshold: 0, keep_topk: 0, class_num: 0 };
    return { ...byDefault, ...settingsOf<FrcnSettings>(this.param, 'frcn_detection_param') };
  }

  override reshape([deltas, scores, rois]: readonly Blob[], [y]: readonly Blob[]): void {
    const { class_num: classes, keep_topk } = this.#settings;
    this.check(classes > 0, 'class_num must be positive', undefined, 'frcn_detection_param.class_num');
    this.check(keep_topk > 0, 'keep_topk must be positive', undefined, 'frcn_detection_param.keep_topk');
    const regions = rois!.count / 5;
    this.check(
      Number.isInteger(regions) && deltas!.count >= regions * classes * 4 && scores!.count >= regions * classes,
      () =>
        `expected ${classes} classes for each of ${regions} regions: bottoms are ${[deltas!, scores!, rois!].map((b) => shapeString(b.shape)).join(', ')}`,
    );
    y!.reshape([1, 1, keep_topk, 6]);
  }

  override forward([deltas, scores, rois]: readonly Blob[], [y]: readonly Blob[]): void {
    const { class_num: classes, keep_topk, obj_threshold, nms_threshold } = this.#settings;
    const [to, delta, score, roi] = valuesOf(y!, deltas!, scores!, rois!);
    const found = [];
    for (let r = 0; r < roi.length / 5; r++)
      for (let label = 1; label < classes; label++) {
        if (!(score[r * classes + label]! > Math.fround(obj_threshold))) continue;
        const side = (from: number, to: number, at: number): [number, number] => {
          const size = roi[r * 5 + to]! - roi[r * 5 + from]! + 1;
          const center = delta[(r * classes + label) * 4 + at]! * size + roi[r * 5 + from]! + size * 0.5;
          const scaled = Math.exp(delta[(r * classes + label) * 4 + at + 2]!) * size;
          return [center - scaled / 2, center + scaled / 2];
        };
        const [[x1, x2], [y1, y2]] = [side(1, 3, 0), side(2, 4, 1)];
        found.push({ x1, y1, x2, y2, label, score: score[r * classes + label]! });
      }
    const kept = suppressUnsorted(
      found,
      (a, b) => a.label === b.label && Math.fround(cornerOverlap(a, b, 1, 0)) > Math.fround(nms_threshold),
    );
    to.fill(0).set(kept.slice(0, keep_topk).flatMap((d) => [d.x1, d.y1, d.x2, d.y2, d.label, d.score]));
  }
}
