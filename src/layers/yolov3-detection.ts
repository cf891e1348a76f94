/** Yolov3Detection: the detections of a YOLOv3 network in Cambricon's fixed layout. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { cornerOverlap, sigmoid } from './shared/detections.js';
import { settingsOf } from './shared/fork-settings.js';
import { stdSort } from './shared/std-sort.js';
import { takeMemory } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface Yolov3Settings {
  num_classes: number;
  num_box: number;
  confidence_threshold: number;
  nms_threshold: number;
  anchor_num: number;
  biases: number[];
  im_w: number;
  im_h: number;
}

/** Where the rows begin: the first value is their number. */
const FIRST_ROW = 64;

interface Candidate {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  /** Score of each class; 0 once it is dropped. */
  readonly scores: number[];
}

/**
 * Decodes boxes from several maps, and drops scores of boxes that overlap a better one of the class.
 *
 * @formula stride = ⌊im_w / √(H · W)⌋; x = stride · (σ(tx) + column), w = exp(tw) · bias_w; corners = centre ∓ size / 2; score of class
 *   c = σ(object) · σ(class c); object and score must exceed the threshold. IoU with widths of x2 − x1 + 1
 * @bottoms one to several maps, (N, anchor_num · (5 + num_classes), H, W)
 * @tops y, (1, N · (7 · num_box + 64), 1, 1): the number of rows, then from 64 on rows of image, class, score, x1 / im_w, y1 / im_h,
 *   x2 / im_w, y2 / im_h; −1 elsewhere
 * @fields `num_classes` (80), `num_box` (1024), `confidence_threshold` (0.5), `nms_threshold` (0.45), `anchor_num` (3), `im_w` and
 *   `im_h` (416); `biases`, two for each anchor of each map
 * @notes The fork changes its bottoms' values. Here they stay
 * @source yolov3_detection_layer.cpp of Cambricon/caffe
 */
export class Yolov3DetectionLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Yolov3Detection',
    origin: 'Cambricon',
    family: 'other',
    doc: "The detections of a YOLOv3 network in Cambricon's fixed layout.",
    bottoms: ['...maps'],
    tops: ['y'],
    params: ['yolov3_param'],
  };

  get #settings(): Yolov3Settings {
    const byDefault = { num_classes: 80, num_box: 1024, confidence_threshold: 0.5, nms_threshold: 0.45, anchor_num: 3 };
    return {
      ...byDefault,
      biases: [],
      im_w: 416,
      im_h: 416,
      ...settingsOf<Yolov3Settings>(this.param, 'yolov3_param'),
    };
  }

  override reshape(bottom: readonly Blob[], [y]: readonly Blob[]): void {
    const { num_classes, num_box, anchor_num, biases } = this.#settings;
    this.check(
      biases.length === 2 * anchor_num * bottom.length,
      `biases must have ${2 * anchor_num * bottom.length} values, there are ${biases.length}`,
      undefined,
      'yolov3_param.biases',
    );
    const channels = anchor_num * (5 + num_classes);
    for (const [i, map] of bottom.entries())
      this.check(
        map.numAxes === 4 && map.shape[1] === channels,
        () => `bottom[${i}] must be (N, ${channels}, H, W), it is ${shapeString(map.shape)}`,
      );
    y!.reshape([1, bottom[0]!.shape[0]! * (7 * num_box + FIRST_ROW), 1, 1]);
  }

  override forward(bottom: readonly Blob[], [y]: readonly Blob[]): void {
    const { im_w, im_h, confidence_threshold, num_classes } = this.#settings;
    takeMemory(y!, ...bottom);
    const to = y!.data.fill(-1);
    const least = Math.fround(confidence_threshold);
    const rows: number[] = [];
    for (let image = 0; image < bottom[0]!.shape[0]!; image++) {
      let candidates = bottom.flatMap((map, i) => this.#decode(map, i, image));
      for (let label = 0; label < num_classes; label++) candidates = this.#suppress(candidates, label);
      for (const { x1, y1, x2, y2, scores } of candidates)
        scores.forEach((score, label) => {
          if (score > least) rows.push(image, label, score, x1 / im_w, y1 / im_h, x2 / im_w, y2 / im_h);
        });
    }
    to.set(rows.slice(0, to.length - FIRST_ROW), FIRST_ROW);
    to[0] = rows.length / 7;
  }

  /** Sorts by the score of a class, and sets it to 0 where a better box of the class overlaps. */
  #suppress(candidates: readonly Candidate[], label: number): Candidate[] {
    const threshold = Math.fround(this.#settings.nms_threshold);
    const sorted = stdSort([...candidates], (a, b) => a.scores[label]! > b.scores[label]!);
    sorted.forEach((a, i) => {
      if (a.scores[label] === 0) return;
      for (const b of sorted.slice(i + 1)) if (Math.fround(cornerOverlap(a, b, 1)) > threshold) b.scores[label] = 0;
    });
    return sorted;
  }

  #decode(map: Blob, index: number, image: number): Candidate[] {
    const { num_classes: classes, anchor_num: anchors, biases, im_w, confidence_threshold } = this.#settings;
    const values = map.peek();
    const [height, width] = map.shape.slice(2) as [number, number];
    const area = height * width;
    const stride = Math.trunc(im_w / Math.sqrt(area));
    const least = Math.fround(confidence_threshold);
    const found: Candidate[] = [];
    for (let cell = 0; cell < area; cell++)
      for (let n = 0; n < anchors; n++) {
        const start = image * map.countOf(1) + n * (5 + classes) * area + cell;
        const value = (i: number) => values[start + i * area]!;
        const object = Math.fround(sigmoid(value(4)));
        if (!(object > least)) continue;
        const x = stride * (sigmoid(value(0)) + (cell % width));
        const y = stride * (sigmoid(value(1)) + Math.floor(cell / width));
        const w = Math.exp(value(2)) * biases[2 * (index * anchors + n)]!;
        const h = Math.exp(value(3)) * biases[2 * (index * anchors + n) + 1]!;
        const scores = Array.from({ length: classes }, (_, c) => {
          const score = Math.fround(object * sigmoid(value(5 + c)));
          return score > least ? score : 0;
        });
        found.push({ x1: x - w / 2, y1: y - h / 2, x2: x + w / 2, y2: y + h / 2, scores });
      }
    return found;
  }
}
