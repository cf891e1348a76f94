/** DetectionOutput of SSD and RefineDet: decoded boxes, NonMaxSuppression, TopK. */
import { DetectionOutputLayer } from '../../../layers/detection-output.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import { Refusal } from '../../graph/attributes.js';
import { range } from '../axis.js';
import { decodeBoxes, selectBoxes, type BoxCode } from '../detections.js';
import type { Value } from '../graph-builder.js';
import type { LayerExport } from '../layer-export.js';

interface Settings {
  num_classes: number;
  share_location: boolean;
  background_label_id: number;
  nms_param: { nms_threshold?: number; top_k?: number; eta?: number };
  code_type: BoxCode;
  variance_encoded_in_target: boolean;
  keep_top_k: number;
  confidence_threshold: number;
  objectness_score: number;
  normalized_bbox: boolean;
  clip: boolean;
}

const LOWEST = -3.4028234663852886e38;

export const detectionOutput: LayerExport = {
  layers: [DetectionOutputLayer],
  becomes: 'Mul, Exp and Add for the boxes, NonMaxSuppression, TopK',
  isOneWay: true,
  emit: ({ ops, param, bottoms }) => {
    const given = settingsOf<Settings>(param, 'detection_output_param');
    const { num_classes: size = 1, share_location: isShared = true, background_label_id: background = 0 } = given;
    const { nms_param = {}, code_type: code = 1, variance_encoded_in_target: isPlain = false } = given;
    const {
      confidence_threshold: least = given.normalized_bbox === undefined ? LOWEST : 0,
      keep_top_k: kept = -1,
      objectness_score = 0.01,
    } = given;
    const { nms_threshold: threshold = 0.3, top_k: candidates = -1, eta = 1 } = nms_param;
    const [loc, conf, priors, armConf, armLoc] = bottoms as [Value, Value, Value, Value?, Value?];
    const images = loc.shape[0]!;
    if (eta < 1 && threshold > 0.5)
      throw new Refusal(
        'its eta lowers the threshold after each box, which NonMaxSuppression does not do',
        'set eta: 1',
      );
    if (given.normalized_bbox === false || given.clip)
      throw new Refusal(
        'its boxes are in pixels or clipped, which NonMaxSuppression does not know',
        'end the net before it, and do what it does in the program that runs the model',
      );
    const count = priors.shape[2]! / 4;
    const places = isShared ? 1 : size;
    // (images or 1, boxes, places or 1, 4)
    const half = (index: number): Value =>
      ops.reshape(ops.slice(priors, [{ axis: 1, start: index, end: index + 1 }]), [1, count, 1, 4]);
    const variances = isPlain ? undefined : half(1);
    const coded = { code, variances };
    let defaults = half(0);
    if (armLoc) defaults = decodeBoxes(ops, ops.reshape(armLoc, [images, count, 1, 4]), defaults, coded);
    const boxes = decodeBoxes(ops, ops.reshape(loc, [images, count, places, 4]), defaults, coded);
    let scores = ops.reshape(conf, [images, count, size]);
    if (armConf) {
      const objects = ops.reshape(armConf, [images, count, 2]);
      const isBackground = ops.less(ops.slice(objects, [{ axis: 2, start: 1, end: 2 }]), objectness_score);
      const first = ops.floats(
        range(0, size).map((label) => Number(label === 0)),
        [1, 1, size],
      );
      scores = ops.where(isBackground, first, scores);
    }
    return [
      selectBoxes(ops, {
        boxes,
        scores: ops.transpose(scores, [0, 2, 1]),
        labels: range(0, size).filter((label) => label !== background),
        threshold,
        least,
        candidates,
        kept,
      }),
    ];
  },
};
