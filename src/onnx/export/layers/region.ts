/** Region of YOLOv2: Sigmoid, Exp and Softmax of the parts of each box, and Where for what counts. */
import { RegionOutputLayer } from '../../../layers/region.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import { range } from '../axis.js';
import { countOf, type Value } from '../graph-builder.js';
import type { LayerExport } from '../layer-export.js';

interface Settings {
  side: number;
  num_class: number;
  num: number;
  softmax: number;
  thresh: number;
  biases: readonly number[];
}

export const region: LayerExport = {
  layers: [RegionOutputLayer],
  becomes: 'Sigmoid, Exp, Softmax, Mul, Add, Where, Transpose',
  emit: ({ ops, param, remark, bottoms: [x], topShapes: [boxShape, probabilityShape] }) => {
    const byDefault: Settings = { side: 13, num_class: 20, num: 5, softmax: 1, thresh: 0.6, biases: [] };
    const given: Settings = { ...byDefault, ...settingsOf<Settings>(param, 'region_loss_param') };
    const { side, num_class: classes, num, softmax, thresh, biases } = given;
    remark('the blob that it reads keeps its values; the fork overwrites it');
    const [area, images] = [side * side, x!.shape[0]!];
    const rows = ops.reshape(x!, [images, countOf(x!) / images]);
    // The first image of a batch is decoded, and no other.
    const first = ops.slice(rows, [{ axis: 0, start: 0, end: 1 }]);
    const whole = ops.reshape(first, [num, classes + 5, area]);
    const [centre, size, object, scores] = ops.split(whole, 1, [2, 2, 1, classes]) as [Value, Value, Value, Value];
    const cells = ops.floats(
      [...range(0, area).map((i) => i % side), ...range(0, area).map((i) => Math.floor(i / side))],
      [1, 2, area],
    );
    const anchors = ops.floats(biases.slice(0, 2 * num), [num, 2, 1]);
    const places = ops.div(ops.add(ops.unary('Sigmoid', centre), cells), side);
    const sizes = ops.div(ops.mul(ops.unary('Exp', size), anchors), side);
    const boxes = ops.transpose(ops.concat([places, sizes], 1), [0, 2, 1]);
    const shares = softmax === 0 ? scores : ops.softmax(scores, 1);
    const found = ops.mul(ops.unary('Sigmoid', object), shares);
    const all = ops.concat([found, ops.reduce('ReduceMax', found, [1])], 1);
    const probabilities = ops.transpose(ops.where(ops.greater(all, thresh), all, 0), [0, 2, 1]);
    return [ops.reshape(boxes, boxShape!), ops.reshape(probabilities, probabilityShape!)];
  },
};
