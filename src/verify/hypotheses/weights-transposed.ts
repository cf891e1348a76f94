/** weights-transposed: the values of a weight blob are those of the model in another order of axes. */
import { product } from '../../shapes.js';
import { reshaped, transpose } from '../tensors.js';
import { isSameOrder } from './axis-order.js';
import { packingEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

interface Order {
  /** What the array's axes are, as it lies. */
  label: string;
  /** Axis i of what Caffe wants is this axis of the array. */
  axes: readonly number[];
}

/** Caffe's order is outputs, inputs, height, width. */
const FOUR_AXES: readonly Order[] = [
  { label: 'inputs, outputs, height, width', axes: [1, 0, 2, 3] },
  { label: 'outputs, inputs, width, height', axes: [0, 1, 3, 2] },
  { label: 'height, width, inputs, outputs (TensorFlow)', axes: [3, 2, 0, 1] },
  { label: 'height, width, outputs, inputs', axes: [2, 3, 0, 1] },
  { label: 'outputs, height, width, inputs', axes: [0, 3, 1, 2] },
];
const TWO_AXES: readonly Order[] = [{ label: 'inputs, outputs', axes: [1, 0] }];

export const weightsTransposed: Hypothesis = {
  id: 'weights-transposed',
  title: 'the axes of the weights are in another order',
  *variants(suspect): Generator<Variant> {
    const [weights, ...others] = suspect.blobs;
    const layout = suspect.facts.weights?.(suspect.param);
    // An Embed's matrix has a row for each index: inputs, outputs.
    const isTable = suspect.type === 'Embed';
    if ((!layout && !isTable) || !weights) return;
    const { shape } = weights;
    for (const { label, axes } of shape.length === 2 ? TWO_AXES : shape.length === 4 ? FOUR_AXES : []) {
      // As the values lie: the shape whose transpose has Caffe's.
      const lies = axes.map((_, from) => shape[axes.indexOf(from)]!);
      if (product(lies) === 0 || isSameOrder(axes, (axis) => lies[axis]!)) continue;
      const order = axes.join(', ');
      const reshape = lies.every((dim, i) => dim === shape[i]) ? 'w' : `w.reshape(${lies.join(', ')})`;
      yield {
        label: isTable ? 'outputs, inputs' : label,
        explanation:
          `the weights lie in the order ${isTable ? 'outputs, inputs' : label}; Caffe reads ` +
          `${isTable ? 'inputs, outputs' : shape.length === 2 ? 'outputs, inputs' : layout?.inputsFirst ? 'inputs, outputs, height, width' : 'outputs, inputs, height, width'}.`,
        change: { blobs: () => [transpose(reshaped(weights, lies), axes), ...others] },
        fix: packingEdit(suspect, 'weight', 'w', `${reshape}.transpose(${order})`),
      };
    }
  },
};
