/** MatMul: products of the last two axes. */
import { product } from '../../shapes.js';
import { caffeShape } from '../emit/emit-context.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { mixAxis, reshape } from './shared/layers.js';
import { matmulNumbers, matmulShape, multiplyComputed, timesMatrix } from './shared/matmul.js';

function shapeOf(c: NodeContext): number[] {
  const shape = matmulShape(c.shape(0), c.shape(1));
  if (!shape) throw new Refusal(`${c.shape(0).join('x')} by ${c.shape(1).join('x')}: the inner sizes differ`);
  return shape;
}

/** A matrix, whatever axes of one stand before it. */
function isMatrix(shape: readonly number[]): boolean {
  return shape.length >= 2 && product(shape, 0, shape.length - 2) === 1;
}

export const matMul: Operator = {
  type: 'MatMul',
  caffe: 'InnerProduct; with the constant on the left, Convolution',
  grade: 'direct',
  notes: 'two computed matrices: Tile, Scale and a Convolution by ones (heavy)',
  infer: (c) => [{ type: c.type(0), shape: shapeOf(c) }],
  evaluate: (c, [a, b]) => {
    const shape = shapeOf(c);
    return [{ shape, type: a!.type, data: matmulNumbers(a!, b!, shape) }];
  },
  emit: (c) => {
    const shape = caffeShape(shapeOf(c));
    const [a, b] = [c.constant(0), c.constant(1)];
    if (b && (isMatrix(b.shape) || b.shape.length === 1)) {
      const [inputs, outputs] = [
        b.shape.length === 1 ? b.shape[0]! : b.shape.at(-2)!,
        b.shape.length === 1 ? 1 : b.shape.at(-1)!,
      ];
      c.set(reshape(c, timesMatrix(c, c.blob(0), { data: b.data, inputs, outputs, transposed: false }), shape));
      return;
    }
    if (a && isMatrix(a.shape) && c.rank(1) >= 2) {
      const x = c.blob(1);
      c.set(
        reshape(
          c,
          mixAxis(c, x, x.shape.length - 2, a.shape.at(-2)!, () => Float32Array.from(a.data)),
          shape,
        ),
      );
      return;
    }
    const x = c.rank(0) === 1 ? reshape(c, c.blob(0), [1, ...c.shape(0)]) : c.blob(0);
    const y = c.rank(1) === 1 ? reshape(c, c.blob(1), [...c.shape(1), 1]) : c.blob(1);
    c.set(reshape(c, multiplyComputed(c, x, y), shape));
  },
};
