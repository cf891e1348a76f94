/** A product by a constant matrix plus a constant row: what a pattern makes of MatMul and Add. */
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { matmulNumbers, timesMatrix } from './shared/matmul.js';

function shapeOf(c: NodeContext): number[] {
  return [...c.shape(0).slice(0, -1), c.shape(1)[1]!];
}

export const matMulBias: Operator = {
  type: 'MatMulBias',
  domain: 'netspec',
  caffe: 'InnerProduct',
  grade: 'direct',
  infer: (c) => [{ type: c.type(0), shape: shapeOf(c) }],
  evaluate: (c, [x, w, b]) => {
    const shape = shapeOf(c);
    const data = matmulNumbers(x!, w!, shape);
    return [{ shape, type: x!.type, data: data.map((value, i) => value + b!.data[i % b!.data.length]!) }];
  },
  emit: (c) => {
    const [w, b] = [c.constant(1)!, c.constant(2)!];
    const [inputs, outputs] = w.shape as [number, number];
    c.set(timesMatrix(c, c.blob(0), { data: w.data, inputs, outputs, transposed: false }, b.data));
  },
};
