/** YoloDetectionOutput: the detections of a YOLOv2 network. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { sigmoid } from './shared/detections.js';
import { settingsOf } from './shared/fork-settings.js';
import { takeMemory } from './shared/views.js';
import { bestOfSoftmax, writeYoloRows, type YoloPrediction } from './shared/yolo-output.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface YoloSettings {
  num_classes: number;
  num_box: number;
  confidence_threshold: number;
  nms_threshold: number;
  biases: number[];
}

/**
 * Decodes boxes, the best class of each, and drops those that overlap a better one of any class.
 *
 * @formula of anchor a at cell (i, j): x = (i + σ(tx)) / W, y = (j + σ(ty)) / W, w = exp(tw) · bias_w[a] / W, h likewise; score =
 *   σ(object) · max softmax(classes), at least the threshold
 * @bottoms x, (N, num_box · (5 + C), W, W); optionally a second map, of another size
 * @tops y, (1, 1, K, 7): 0, class + 1, score, left, top, right, bottom, by score. When nothing is found, a row (image, −1, …) for
 *   each image
 * @fields `num_classes` is required; `num_box` (5); `confidence_threshold` (0.01); `nms_threshold` (0.45); `biases`, two for each
 *   anchor. `side` is ignored
 * @notes Boxes are not clipped; the image index is 0 for all images of a batch
 * @source yolo_detection_output_layer.cpp of eric612/MobileNet-YOLO; Redmon and Farhadi, YOLO9000, 2016
 */
export class YoloDetectionOutputLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'YoloDetectionOutput',
    origin: 'YOLO',
    family: 'other',
    doc: 'Decodes, filters and sorts the detections of a YOLOv2 network.',
    bottoms: ['x', 'second?'],
    tops: ['y'],
    params: ['yolo_detection_output_param'],
    shapesFromValues: true,
  };

  get #settings(): Partial<YoloSettings> {
    return settingsOf<YoloSettings>(this.param, 'yolo_detection_output_param');
  }

  override setUp(): void {
    const { num_classes, num_box = 5, biases = [] } = this.#settings;
    this.check(
      num_classes !== undefined && num_classes > 0,
      'Must specify num_classes',
      undefined,
      'yolo_detection_output_param.num_classes',
    );
    this.check(
      biases.length >= 2 * num_box,
      `biases must have two values for each of ${num_box} boxes, there are ${biases.length}`,
      undefined,
      'yolo_detection_output_param.biases',
    );
  }

  override reshape(bottom: readonly Blob[], [y]: readonly Blob[]): void {
    const { num_classes = 1, num_box = 5 } = this.#settings;
    for (const [i, map] of bottom.entries())
      this.check(
        map.numAxes === 4 && map.shape[1] === num_box * (5 + num_classes) && map.shape[2] === map.shape[3],
        () => `bottom[${i}] must be (N, ${num_box * (5 + num_classes)}, W, W), it is ${shapeString(map.shape)}`,
      );
    y!.reshape([1, 1, 1, 7]);
  }

  override forward(bottom: readonly Blob[], [y]: readonly Blob[]): void {
    const { num_classes = 1, num_box = 5, biases = [], ...rest } = this.#settings;
    const threshold = Math.fround(rest.confidence_threshold ?? 0.01);
    const predictions: YoloPrediction[] = [];
    takeMemory(...bottom);
    for (const map of bottom) {
      const values = map.peek();
      const side = map.shape[3]!;
      const area = side * side;
      for (let b = 0; b < map.shape[0]!; b++)
        for (let cell = 0; cell < area; cell++)
          for (let n = 0; n < num_box; n++) {
            const start = b * map.countOf(1) + n * (5 + num_classes) * area + cell;
            const value = (i: number) => values[start + i * area]!;
            const [label, probability] = bestOfSoftmax(values, start + 5 * area, area, num_classes);
            const score = Math.fround(sigmoid(value(4)) * probability);
            if (score < threshold) continue;
            predictions.push({
              label,
              score,
              x: ((cell % side) + sigmoid(value(0))) / side,
              y: (Math.floor(cell / side) + sigmoid(value(1))) / side,
              w: (Math.exp(value(2)) * biases[2 * n]!) / side,
              h: (Math.exp(value(3)) * biases[2 * n + 1]!) / side,
            });
          }
    }
    writeYoloRows(y!, predictions, rest.nms_threshold ?? 0.45, bottom[0]!.shape[0]!);
  }
}
