/** YoloDetectionOutput of YOLOv2: the best class of each box, NonMaxSuppression over all classes. */
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import { YoloDetectionOutputLayer } from '../../../layers/yolo-detection-output.js';
import type { Value } from '../graph-builder.js';
import type { LayerExport } from '../layer-export.js';
import { below, joinCandidates, mapBoxes, yoloRows } from '../yolo.js';

interface Settings {
  num_classes: number;
  num_box: number;
  biases: readonly number[];
  confidence_threshold: number;
  nms_threshold: number;
}

export const yoloDetectionOutput: LayerExport = {
  layers: [YoloDetectionOutputLayer],
  becomes: 'Sigmoid, Exp, Softmax and ArgMax of each box, NonMaxSuppression',
  isOneWay: true,
  emit: ({ ops, param, bottoms }) => {
    const given = settingsOf<Settings>(param, 'yolo_detection_output_param');
    const { num_classes: classes = 1, num_box: boxes = 5, biases = [] } = given;
    const { confidence_threshold: least = 0.01, nms_threshold: threshold = 0.45 } = given;
    const maps = bottoms.map((map) => {
      const [images, , side] = map.shape as [number, number, number];
      const area = side * side;
      const whole = ops.reshape(map, [images, boxes, 5 + classes, area]);
      const [centre, size, object, scores] = ops.split(whole, 2, [2, 2, 1, classes]) as [Value, Value, Value, Value];
      const corners = mapBoxes(ops, { centre, size }, { side, anchors: biases.slice(0, 2 * boxes), scale: side });
      const shares = ops.softmax(scores, 2);
      const best = { shape: [images, boxes, 1, area], type: 'int64' as const };
      const label = ops.cast(ops.node('ArgMax', [scores], best, { axis: 2 }), 'float');
      const score = ops.mul(ops.unary('Sigmoid', object), ops.reduce('ReduceMax', shares, [2]));
      // By image, cell and box.
      const list = (value: Value, shape: readonly number[]): Value =>
        ops.reshape(ops.transpose(value, [0, 3, 1, 2]), shape);
      const count = images * area * boxes;
      return { boxes: list(corners, [1, count, 4]), scores: list(score, [1, 1, count]), labels: list(label, [count]) };
    });
    const limits = { threshold, least: below(least), images: bottoms[0]!.shape[0]! };
    return [yoloRows(ops, joinCandidates(ops, maps), limits)];
  },
};
