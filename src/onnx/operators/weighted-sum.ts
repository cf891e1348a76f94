/** A sum by constant weights along an axis, and the axis moved in front: what a pattern makes of DFL's convolution. */
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { mixAxis, reshape } from './shared/layers.js';
import { mixNumbers } from './shared/resample.js';

/** (N, a, bins, b) → (N, 1, a, b) */
function shapeOf(c: NodeContext): number[] {
  const [n, a, , b] = c.shape(0) as [number, number, number, number];
  return [n, 1, a, b];
}

export const weightedSum: Operator = {
  type: 'WeightedSum',
  domain: 'netspec',
  caffe: 'Convolution of one output',
  grade: 'direct',
  infer: (c) => [{ type: c.type(0), shape: shapeOf(c) }],
  evaluate: (c, [x, w]) => [
    { shape: shapeOf(c), type: x!.type, data: mixNumbers(x!.data, x!.shape, 2, Float64Array.from(w!.data), 1) },
  ],
  emit: (c) => {
    const w = c.constant(1)!;
    c.set(
      reshape(
        c,
        mixAxis(c, c.blob(0), 2, 1, () => Float32Array.from(w.data), { role: 'sum' }),
        shapeOf(c),
      ),
    );
  },
};
