/** Yolov3DetectionOutput: each class of each box, NonMaxSuppression over all classes. */
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import { Yolov3DetectionOutputLayer } from '../../../layers/yolov3-detection-output.js';
import { range } from '../axis.js';
import type { Value } from '../graph-builder.js';
import type { LayerExport } from '../layer-export.js';
import { joinCandidates, mapBoxes, yoloRows } from '../yolo.js';

interface Settings {
  num_classes: number;
  num_box: number;
  biases: readonly number[];
  mask: readonly number[];
  mask_group_num: number;
  anchors_scale: readonly number[];
  gaussian_box: boolean;
  confidence_threshold: number;
  nms_threshold: number;
}

export const yolov3DetectionOutput: LayerExport = {
  layers: [Yolov3DetectionOutputLayer],
  becomes: 'Sigmoid and Exp of each box, NonMaxSuppression',
  isOneWay: true,
  emit: ({ ops, param, bottoms }) => {
    const given = settingsOf<Settings>(param, 'yolov3_detection_output_param');
    const { num_classes: classes = 1, num_box: boxes = 3, biases = [], mask = [], mask_group_num = 2 } = given;
    const { anchors_scale: scales = [], gaussian_box: isGaussian = false } = given;
    const { confidence_threshold: least = 0.01, nms_threshold: threshold = 0.45 } = given;
    const sigmoid = (value: Value): Value => ops.unary('Sigmoid', value);
    const perMap = Math.floor(mask.length / mask_group_num);
    const maps = bottoms.map((map, t) => {
      const [images, , side] = map.shape as [number, number, number];
      const area = side * side;
      const length = (isGaussian ? 9 : 5) + classes;
      const own = ops.slice(map, [{ axis: 1, start: 0, end: boxes * length }]);
      const whole = ops.reshape(own, [images, boxes, length, area]);
      const part = (start: number, count: number): Value => ops.slice(whole, [{ axis: 2, start, end: start + count }]);
      const parts = (starts: readonly number[]): Value =>
        ops.concat(
          starts.map((start) => part(start, 1)),
          2,
        );
      const anchors = range(0, boxes).flatMap((n) => {
        const anchor = mask[n + t * perMap]!;
        return biases.slice(2 * anchor, 2 * anchor + 2);
      });
      const [centre, size] = isGaussian ? [parts([0, 2]), parts([4, 6])] : [part(0, 2), part(2, 2)];
      const corners = mapBoxes(ops, { centre, size }, { side, anchors, scale: side * scales[t]! });
      let object = sigmoid(part(isGaussian ? 8 : 4, 1));
      if (isGaussian) {
        // Each coordinate has an uncertainty, which lowers the score.
        const doubt = ops.reduce('ReduceMean', sigmoid(parts([1, 3, 5, 7])), [2]);
        object = ops.mul(object, ops.sub(ops.scalar(1), doubt));
      }
      const scores = ops.mul(sigmoid(part(isGaussian ? 9 : 5, classes)), object);
      // By image, cell, box and class: a box for each class.
      const list = (value: Value): Value => ops.transpose(value, [0, 3, 1, 2]);
      const count = images * area * boxes;
      const repeated = ops.expand(ops.reshape(list(corners), [1, count, 1, 4]), [1, count, classes, 4]);
      const labels = ops.expand(ops.floats(range(0, classes), [1, classes]), [count, classes]);
      return {
        boxes: ops.reshape(repeated, [1, count * classes, 4]),
        scores: ops.reshape(list(scores), [1, 1, count * classes]),
        labels: ops.reshape(labels, [count * classes]),
      };
    });
    return [yoloRows(ops, joinCandidates(ops, maps), { threshold, least, images: bottoms[0]!.shape[0]! })];
  },
};
