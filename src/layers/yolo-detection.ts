/** YoloDetection: the detections of a YOLOv3 or YOLOv4 network, as Sophgo has them. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { centerOverlap, sigmoid, suppressUnsorted } from './shared/detections.js';
import { settingsOf } from './shared/fork-settings.js';
import { takeMemory } from './shared/views.js';
import { bestOfSoftmax, type YoloPrediction } from './shared/yolo-output.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface YoloSettings {
  net_input_h: number;
  net_input_w: number;
  nms_threshold: number;
  obj_threshold: number;
  keep_topk: number;
  tiny: boolean;
  yolo_v4: boolean;
  class_num: number;
  anchors: string;
}

const ANCHORS = [10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326];
const TINY_ANCHORS = [10, 14, 23, 27, 37, 58, 81, 82, 135, 169, 344, 319];
const YOLO_V4_ANCHORS = [12, 16, 19, 36, 40, 28, 36, 75, 76, 55, 72, 146, 142, 110, 192, 243, 459, 401];

/**
 * Decodes boxes of three anchors a map, the best class of each, and drops those that overlap a better one of their class.
 *
 * @formula x = (column + σ(tx)) / W, w = exp(tw) · anchor_w / net_input_w; likewise y and h; score = σ(object) · max
 *   softmax(classes). Object and score must reach `obj_threshold`; of two that overlap the lower score goes
 * @bottoms maps, (N, 3 · (5 + class_num), H, W)
 * @tops y, (N, 1, keep_topk, 6): centre x, centre y, width, height, class, score; zeros behind the last one
 * @fields `net_input_h`, `net_input_w`; `obj_threshold`, `nms_threshold`, `keep_topk`; `class_num` (80); `anchors`, numbers with
 *   commas; YOLOv3's by default, or those of `tiny` or `yolo_v4`
 * @notes Where an image has fewer than keep_topk detections, the later images of the batch keep no more than it
 * @source yolo_detection_layer.cpp of sophgo/caffe
 */
export class YoloDetectionLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'YoloDetection',
    origin: 'Sophgo',
    family: 'other',
    doc: 'Decodes and filters the detections of a YOLOv3 or YOLOv4 network.',
    bottoms: ['...maps'],
    tops: ['y'],
    params: ['yolo_detection_param'],
  };

  #anchors: readonly number[] = [];

  get #settings(): Partial<YoloSettings> {
    return settingsOf<YoloSettings>(this.param, 'yolo_detection_param');
  }

  override setUp(bottom: readonly Blob[]): void {
    const { tiny = false, yolo_v4 = false, anchors = '' } = this.#settings;
    const given = anchors === '' ? [] : anchors.split(',').map(Number);
    this.#anchors = given.length > 0 ? given : tiny ? TINY_ANCHORS : yolo_v4 ? YOLO_V4_ANCHORS : ANCHORS;
    this.check(
      this.#anchors.length >= 6 * bottom.length && this.#anchors.every(Number.isFinite),
      `anchors must be 6 numbers for each of ${bottom.length} maps, got "${anchors}"`,
      undefined,
      'yolo_detection_param.anchors',
    );
  }

  override reshape(bottom: readonly Blob[], [y]: readonly Blob[]): void {
    const { class_num = 80, keep_topk = 0 } = this.#settings;
    this.check(keep_topk > 0, 'keep_topk must be positive', undefined, 'yolo_detection_param.keep_topk');
    for (const [i, map] of bottom.entries())
      this.check(
        map.numAxes === 4 && map.shape[1] === 3 * (5 + class_num),
        () => `bottom[${i}] must be (N, ${3 * (5 + class_num)}, H, W), it is ${shapeString(map.shape)}`,
      );
    y!.reshape([bottom[0]!.shape[0]!, 1, keep_topk, 6]);
  }

  override forward(bottom: readonly Blob[], [y]: readonly Blob[]): void {
    const { keep_topk = 0, nms_threshold = 0 } = this.#settings;
    takeMemory(y!, ...bottom);
    const to = y!.data.fill(0);
    let most = keep_topk;
    for (let b = 0; b < y!.shape[0]!; b++) {
      const kept = suppressUnsorted(
        bottom.flatMap((map, i) => this.#decode(map, b, this.#anchors.slice(6 * i, 6 * i + 6))),
        (a, other) => a.label === other.label && Math.fround(centerOverlap(a, other)) > Math.fround(nms_threshold),
      );
      most = Math.min(most, kept.length);
      to.set(
        kept.slice(0, most).flatMap((d) => [d.x, d.y, d.w, d.h, d.label, d.score]),
        b * keep_topk * 6,
      );
    }
  }

  #decode(map: Blob, image: number, anchors: readonly number[]): YoloPrediction[] {
    const {
      class_num: classes = 80,
      net_input_h: netHeight = 0,
      net_input_w: netWidth = 0,
      obj_threshold = 0,
    } = this.#settings;
    const values = map.peek();
    const [height, width] = map.shape.slice(2) as [number, number];
    const area = height * width;
    const least = Math.fround(obj_threshold);
    const found: YoloPrediction[] = [];
    for (let cell = 0; cell < area; cell++)
      for (let n = 0; n < 3; n++) {
        const start = image * map.countOf(1) + n * (5 + classes) * area + cell;
        const value = (i: number) => values[start + i * area]!;
        const object = Math.fround(sigmoid(value(4)));
        if (object < least) continue;
        const [label, probability] = bestOfSoftmax(values, start + 5 * area, area, classes);
        const score = Math.fround(object * probability);
        if (score < least) continue;
        found.push({
          label,
          score,
          x: ((cell % width) + sigmoid(value(0))) / width,
          y: (Math.floor(cell / width) + sigmoid(value(1))) / height,
          w: (Math.exp(value(2)) * anchors[2 * n]!) / netWidth,
          h: (Math.exp(value(3)) * anchors[2 * n + 1]!) / netHeight,
        });
      }
    return found;
  }
}
