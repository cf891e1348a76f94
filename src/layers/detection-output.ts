/** DetectionOutput: the detections of an SSD network. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { byScore, cornerOverlap, type Corners } from './shared/detections.js';
import { settingsOf } from './shared/fork-settings.js';
import { stdSort } from './shared/std-sort.js';
import { takeMemory } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/** Fields of `detection_output_param`, those of forks among them. */
interface DetectionOutputSettings {
  num_classes: number;
  share_location: boolean;
  background_label_id: number;
  nms_param: { nms_threshold?: number; top_k?: number; eta?: number };
  code_type: number;
  variance_encoded_in_target: boolean;
  keep_top_k: number;
  confidence_threshold: number;
  objectness_score: number;
  normalized_bbox: boolean;
  clip: boolean;
  use_polygon: boolean;
}

/** Values of `code_type`. */
export const Code = { CORNER: 1, CENTER_SIZE: 2, CORNER_SIZE: 3 } as const;

/** A detection: a box of a class. */
interface Detection {
  readonly label: number;
  readonly score: number;
  readonly box: Corners;
  /** What a fork gives beside the box. */
  readonly more: readonly number[];
}

/** Where the offsets of a detection and its default box are. */
export interface Located {
  readonly offsets: Float32Array;
  /** Of the first offset. */
  readonly at: number;
  readonly priors: Float32Array;
  /** Of the default box, in priors. */
  readonly prior: number;
  /** Of its variances, in priors. */
  readonly variances: number;
}

/**
 * Decodes boxes from their offsets to default boxes, drops those that overlap a better one of their class, and keeps the best.
 *
 * @formula per class but the background: scores above `confidence_threshold`, the best `top_k`; one is kept when it overlaps no
 *   kept one by more than `nms_threshold`. Then the best `keep_top_k` of all classes of an image
 * @bottoms loc, (N, P · L · 4), offsets; conf, (N, P · C), probabilities; priors, (1, 2, P · 4), boxes and variances. L is 1, or C
 *   without `share_location`. RefineDet's have two more: arm_conf, (N, P · 2), and arm_loc, (N, P · 4). Boxes whose second value of
 *   arm_conf is below `objectness_score` have the scores 1 for class 0 and 0 for all others; arm_loc moves the default boxes first
 * @tops y, (1, 1, K, 7): image, label, score, xmin, ymin, xmax, ymax; by image, then label, then score. When nothing is found
 *   there is a row (image, −1, −1, −1, −1, −1, −1) for each image
 * @fields `num_classes` is required; `share_location` (true); `background_label_id` (0); `nms_param { nms_threshold (0.3), top_k
 *   (all), eta (1) }`, eta < 1 lowers a threshold above 0.5 after each box that is kept; `code_type` (CORNER);
 *   `variance_encoded_in_target` (false); `keep_top_k` (all); `confidence_threshold` (none);
 *   `objectness_score` (0.01). Of OpenCV: `normalized_bbox` (true); where it is false, boxes are in pixels, one from 0 to 0 is a pixel
 *   wide, and `confidence_threshold` is 0 by default. `clip` (false) limits boxes to 0 … 1
 * @notes Priors may be boxes alone, (1, 1, P · 4), with `variance_encoded_in_target`. Equal scores keep the order of their default boxes; where `keep_top_k` cuts off, that of the fork's
 *   own sort
 * @source detection_output_layer.cpp and bbox_util.cpp of weiliu89/caffe (SSD), and of sfzhang15/RefineDet; Liu et al., 2016
 */
export class DetectionOutputLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'DetectionOutput',
    origin: 'SSD',
    family: 'other',
    doc: 'Decodes, filters and sorts the detections of an SSD network.',
    bottoms: ['loc', 'conf', 'priors', 'armConf?', 'armLoc?'],
    tops: ['y'],
    params: ['detection_output_param'],
    shapesFromValues: true,
  };

  #classes = 1;
  #locations = 1;
  #priors = 0;

  protected get settings(): Partial<DetectionOutputSettings> {
    return settingsOf<DetectionOutputSettings>(this.param, 'detection_output_param');
  }

  /** How many offsets a box has. */
  protected get offsets(): number {
    return 4;
  }

  /** How many values a detection has behind image, label, score and box. */
  protected get more(): number {
    return 0;
  }

  /** The values behind the box of a detection. */
  protected moreOf(_where: Located): readonly number[] {
    return [];
  }

  override setUp(): void {
    const { num_classes, share_location = true, background_label_id = 0, nms_param = {}, ...rest } = this.settings;
    const at = (field: string) => `detection_output_param.${field}`;
    this.check(num_classes !== undefined && num_classes > 0, 'Must specify num_classes', undefined, at('num_classes'));
    this.check(
      !(share_location && background_label_id < 0),
      `Could not find location predictions for label ${background_label_id}`,
      'with share_location, background_label_id must be a class',
      at('background_label_id'),
    );
    const { nms_threshold = 0.3, eta = 1 } = nms_param;
    this.check(nms_threshold >= 0, 'nms_threshold must be non negative.', undefined, at('nms_param'));
    this.check(eta > 0 && eta <= 1, `eta must be above 0 and at most 1, got ${eta}`, undefined, at('nms_param'));
    const { code_type = Code.CORNER } = rest;
    this.check(code_type >= 1 && code_type <= 3, `Unknown code_type ${code_type}`, undefined, at('code_type'));
    const { clip = false, normalized_bbox = true } = rest;
    this.check(
      !clip || normalized_bbox,
      'boxes in pixels are not clipped: the size of the image is not known here',
      'leave out clip, or normalized_bbox: false',
      at('clip'),
    );
    this.#classes = num_classes;
    this.#locations = share_location ? 1 : num_classes;
  }

  override reshape([loc, conf, priors, armConf, armLoc]: readonly Blob[], [y]: readonly Blob[]): void {
    for (const [i, blob] of [loc!, conf!, priors!].entries())
      this.check(
        blob.numAxes >= (i === 2 ? 3 : 2),
        () => `bottom[${i}] has too few axes, it is ${shapeString(blob.shape)}`,
      );
    this.check(loc!.shape[0] === conf!.shape[0], () => `the batches differ: ${loc!.shape[0]!} and ${conf!.shape[0]!}`);
    const count = priors!.shape[2]! / 4;
    // Variances that are encoded in the target need not be given.
    const parts = priors!.shape[1]!;
    this.check(
      (parts === 2 || (parts === 1 && this.settings.variance_encoded_in_target === true)) && Number.isInteger(count),
      () => `bottom[2] must be (1, 2, P · 4), boxes and variances; it is ${shapeString(priors!.shape)}`,
      parts === 1 ? 'boxes alone are enough with variance_encoded_in_target: true' : undefined,
    );
    this.#priors = count;
    this.check(
      count * this.#locations * this.offsets === loc!.countOf(1),
      () =>
        `Number of priors must match number of location predictions: ${count} boxes of ${this.offsets} offsets, bottom[0] is ${shapeString(loc!.shape)}`,
    );
    this.check(
      count * this.#classes === conf!.countOf(1),
      () =>
        `Number of priors must match number of confidence predictions: ${count} boxes of ${this.#classes} classes, bottom[1] is ${shapeString(conf!.shape)}`,
    );
    for (const [i, blob, values] of [
      [3, armConf, 2],
      [4, armLoc, 4],
    ] as const)
      this.check(
        blob === undefined || (blob.shape[0] === loc!.shape[0] && blob.count === loc!.shape[0]! * count * values),
        () => `bottom[${i}] must be (${loc!.shape[0]!}, ${count * values}), it is ${shapeString(blob!.shape)}`,
      );
    y!.reshape([1, 1, 1, 7 + this.more]);
  }

  override forward(bottom: readonly Blob[], [y]: readonly Blob[]): void {
    takeMemory(...bottom);
    const images = bottom[0]!.shape[0]!;
    const [, , boxes] = bottom.map((blob) => blob.peek());
    const rows: number[] = [];
    for (let image = 0; image < images; image++) {
      const [offsets, conf, , armConf, armLoc] = bottom.map((blob) => {
        const size = blob.countOf(1);
        return blob.peek().subarray(image * size, (image + 1) * size);
      });
      const scores = armConf ? this.#withoutBackground(conf!, armConf) : conf!;
      const priors = armLoc ? this.#moved(boxes!, armLoc) : boxes!;
      for (const { label, score, box, more } of this.#detect(offsets!, scores, priors))
        rows.push(image, label, score, box.x1, box.y1, box.x2, box.y2, ...more);
    }
    const width = 7 + this.more;
    if (rows.length === 0)
      for (let image = 0; image < images; image++) rows.push(image, ...Array.from({ length: width - 1 }, () => -1));
    y!.reshape([1, 1, rows.length / width, width]);
    y!.data.set(rows);
  }

  /** The scores, with those of boxes that a first stage takes for background made 1 for class 0 and 0 for all others. */
  #withoutBackground(scores: Float32Array, firstStage: Float32Array): Float32Array {
    const least = Math.fround(this.settings.objectness_score ?? 0.01);
    return scores.map((score, i) => {
      const [prior, label] = [Math.floor(i / this.#classes), i % this.#classes];
      return firstStage[prior * 2 + 1]! < least ? Number(label === 0) : score;
    });
  }

  /** The default boxes, moved by the offsets of a first stage; with their variances. */
  #moved(priors: Float32Array, offsets: Float32Array): Float32Array {
    const moved = priors.slice();
    for (let i = 0; i < this.#priors * 4; i += 4) {
      const { x1, y1, x2, y2 } = this.#decode(offsets, i, priors, i);
      moved.set([x1, y1, x2, y2], i);
    }
    return moved;
  }

  /** The detections of one image, by label, then score. */
  #detect(offsets: Float32Array, scores: Float32Array, priors: Float32Array): Detection[] {
    const { background_label_id: background = 0, keep_top_k = -1 } = this.settings;
    const count = this.#priors;
    const found: Detection[] = [];
    for (let label = 0; label < this.#classes; label++) {
      if (label === background) continue;
      const candidates = this.#candidates(scores, label, count);
      const location = this.#locations === 1 ? 0 : label;
      const decoded = candidates.map(({ prior, score }) => {
        const at = (prior * this.#locations + location) * this.offsets;
        const where = { offsets, at, priors, prior: prior * 4, variances: (count + prior) * 4 };
        return { label, score, box: this.#decode(offsets, at, priors, prior * 4), more: this.moreOf(where) };
      });
      found.push(...this.#suppress(decoded));
    }
    if (keep_top_k <= -1 || found.length <= keep_top_k) return found;
    const best = stdSort(found, (a, b) => a.score > b.score).slice(0, keep_top_k);
    // By label again; the fork has equal scores in the order in which its sort left them.
    return best.sort((a, b) => a.label - b.label);
  }

  /** The best scores of a class, in descending order. */
  #candidates(scores: Float32Array, label: number, count: number): { prior: number; score: number }[] {
    const { normalized_bbox, nms_param = {} } = this.settings;
    // Nets with OpenCV's own field have OpenCV's default.
    const { confidence_threshold: threshold = normalized_bbox === undefined ? -3.4028234663852886e38 : 0 } =
      this.settings;
    const least = Math.fround(threshold);
    const { top_k = -1 } = nms_param;
    const above: { prior: number; score: number }[] = [];
    for (let prior = 0; prior < count; prior++) {
      const score = scores[prior * this.#classes + label]!;
      if (score > least) above.push({ prior, score });
    }
    const sorted = byScore(above);
    return top_k > -1 ? sorted.slice(0, top_k) : sorted;
  }

  #suppress(sorted: readonly Detection[]): Detection[] {
    const { nms_threshold = 0.3, eta = 1 } = this.settings.nms_param ?? {};
    let threshold = Math.fround(nms_threshold);
    const kept: Detection[] = [];
    for (const detection of sorted) {
      if (kept.some(({ box }) => Math.fround(cornerOverlap(detection.box, box, this.#pixel)) > threshold)) continue;
      kept.push(detection);
      if (eta < 1 && threshold > 0.5) threshold = Math.fround(threshold * eta);
    }
    return kept;
  }

  /** 1 where boxes are in pixels, and one from 0 to 0 is a pixel wide. */
  get #pixel(): 0 | 1 {
    return this.settings.normalized_bbox === false ? 1 : 0;
  }

  #decode(offsets: Float32Array, at: number, priors: Float32Array, prior: number): Corners {
    const box = this.#unclipped(offsets, at, priors, prior);
    if (!this.settings.clip) return box;
    const within = (value: number) => Math.min(Math.max(value, 0), 1);
    return { x1: within(box.x1), y1: within(box.y1), x2: within(box.x2), y2: within(box.y2) };
  }

  #unclipped(offsets: Float32Array, at: number, priors: Float32Array, prior: number): Corners {
    const { code_type: code = Code.CORNER, variance_encoded_in_target: encoded = false } = this.settings;
    const variances = this.#priors * 4 + prior;
    const offset = (i: number) => offsets[at + i]! * (encoded ? 1 : priors[variances + i]!);
    const [x1, y1, x2, y2] = priors.subarray(prior, prior + 4) as unknown as [number, number, number, number];
    const [width, height] = [x2 - x1 + this.#pixel, y2 - y1 + this.#pixel];
    if (code === Code.CENTER_SIZE) {
      const [x, y] = [
        offset(0) * width + (x1 + x2 + this.#pixel) / 2,
        offset(1) * height + (y1 + y2 + this.#pixel) / 2,
      ];
      const [w, h] = [Math.exp(offset(2)) * width, Math.exp(offset(3)) * height];
      return { x1: x - w / 2, y1: y - h / 2, x2: x + w / 2, y2: y + h / 2 };
    }
    const [scaleX, scaleY] = code === Code.CORNER_SIZE ? [width, height] : [1, 1];
    return {
      x1: x1 + offset(0) * scaleX,
      y1: y1 + offset(1) * scaleY,
      x2: x2 + offset(2) * scaleX,
      y2: y2 + offset(3) * scaleY,
    };
  }
}
