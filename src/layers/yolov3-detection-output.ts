/** Yolov3DetectionOutput: the detections of a YOLOv3 network. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { sigmoid } from './shared/detections.js';
import { settingsOf } from './shared/fork-settings.js';
import { takeMemory } from './shared/views.js';
import { writeYoloRows, type YoloPrediction } from './shared/yolo-output.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface Yolov3Settings {
  num_classes: number;
  num_box: number;
  confidence_threshold: number;
  nms_threshold: number;
  biases: number[];
  anchors_scale: number[];
  mask_group_num: number;
  mask: number[];
  gaussian_box: boolean;
}

/**
 * Decodes boxes from several maps, and drops those that overlap a better one of any class.
 *
 * @formula of anchor a at cell (i, j) of map t: x = (i + σ(tx)) / W, y = (j + σ(ty)) / W, w = exp(tw) · bias_w[a] / (W · scale_t), h
 *   likewise; score of class c = σ(object) · σ(class c). All scores above the threshold are candidates
 * @bottoms one to several maps, (N, num_box · (5 + C), W, W); with `gaussian_box` 9 + C
 * @tops y, (1, 1, K, 7): 0, class + 1, score, left, top, right, bottom, by score. When nothing is found, a row (image, −1, …) for
 *   each image
 * @fields `num_classes` is required; `num_box` (3); `confidence_threshold` (0.01); `nms_threshold` (0.45); `biases`, two for each
 *   anchor; `mask`, the anchors of each map; `mask_group_num` (2), the number of maps; `anchors_scale`, the stride of each map
 * @notes Boxes are not clipped; the image index is 0 for all images of a batch
 * @source yolov3_detection_output_layer.cpp of eric612/MobileNet-YOLO; Redmon and Farhadi, YOLOv3, 2018
 */
export class Yolov3DetectionOutputLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Yolov3DetectionOutput',
    origin: 'YOLO',
    family: 'other',
    doc: 'Decodes, filters and sorts the detections of a YOLOv3 network.',
    bottoms: ['...maps'],
    tops: ['y'],
    params: ['yolov3_detection_output_param'],
    shapesFromValues: true,
  };

  get #settings(): Partial<Yolov3Settings> {
    return settingsOf<Yolov3Settings>(this.param, 'yolov3_detection_output_param');
  }

  /** Values of each box. */
  get #length(): number {
    return (this.#settings.num_classes ?? 0) + (this.#settings.gaussian_box ? 9 : 5);
  }

  override setUp(bottom: readonly Blob[]): void {
    const { num_classes, num_box = 3, biases = [], mask = [], mask_group_num = 2, anchors_scale = [] } = this.#settings;
    const at = (field: string) => `yolov3_detection_output_param.${field}`;
    this.check(num_classes !== undefined, 'Must specify num_classes', undefined, at('num_classes'));
    this.check(
      bottom.length === mask_group_num,
      `bottom.size() == mask_group_num_ (${bottom.length} vs. ${mask_group_num})`,
      'mask_group_num is the number of bottoms',
      at('mask_group_num'),
    );
    const groups = Math.floor(mask.length / mask_group_num);
    this.check(
      mask.length >= (bottom.length - 1) * groups + num_box && mask.every((a) => 2 * a + 1 < biases.length),
      `mask must name ${num_box} anchors for each of ${bottom.length} maps, each with two biases`,
      undefined,
      at('mask'),
    );
    this.check(
      anchors_scale.length >= bottom.length,
      'anchors_scale must have a value for each map',
      undefined,
      at('anchors_scale'),
    );
  }

  override reshape(bottom: readonly Blob[], [y]: readonly Blob[]): void {
    const { num_box = 3 } = this.#settings;
    for (const [i, map] of bottom.entries())
      this.check(
        map.numAxes === 4 && map.shape[1]! >= num_box * this.#length && map.shape[2] === map.shape[3],
        () => `bottom[${i}] must be (N, ${num_box * this.#length}, W, W), it is ${shapeString(map.shape)}`,
      );
    y!.reshape([1, 1, 1, 7]);
  }

  override forward(bottom: readonly Blob[], [y]: readonly Blob[]): void {
    const s = this.#settings;
    const { num_box = 3, biases = [], mask = [], mask_group_num = 2, anchors_scale = [] } = s;
    const groups = Math.floor(mask.length / mask_group_num);
    const gaussian = s.gaussian_box === true;
    const threshold = Math.fround(s.confidence_threshold ?? 0.01);
    const predictions: YoloPrediction[] = [];
    takeMemory(...bottom);
    for (const [t, map] of bottom.entries()) {
      const values = map.peek();
      const side = map.shape[3]!;
      const area = side * side;
      for (let b = 0; b < map.shape[0]!; b++)
        for (let cell = 0; cell < area; cell++)
          for (let n = 0; n < num_box; n++) {
            const start = b * map.countOf(1) + n * this.#length * area + cell;
            const value = (i: number) => values[start + i * area]!;
            const [tx, ty, tw, th, object] = gaussian ? [0, 2, 4, 6, 8] : [0, 1, 2, 3, 4];
            // With gaussian_box each coordinate has an uncertainty, which lowers the score.
            const certainty = gaussian
              ? 1 - (sigmoid(value(1)) + sigmoid(value(3)) + sigmoid(value(5)) + sigmoid(value(7))) / 4
              : 1;
            const anchor = mask[n + t * groups]!;
            const size = side * anchors_scale[t]!;
            const box = {
              x: ((cell % side) + sigmoid(value(tx))) / side,
              y: (Math.floor(cell / side) + sigmoid(value(ty))) / side,
              w: (Math.exp(value(tw)) * biases[2 * anchor]!) / size,
              h: (Math.exp(value(th)) * biases[2 * anchor + 1]!) / size,
            };
            const objectness = sigmoid(value(object)) * certainty;
            for (let label = 0; label < s.num_classes!; label++) {
              const score = Math.fround(sigmoid(value(object + 1 + label)) * objectness);
              if (score > threshold) predictions.push({ ...box, label, score });
            }
          }
    }
    writeYoloRows(y!, predictions, s.nms_threshold ?? 0.45, bottom[0]!.shape[0]!);
  }
}
