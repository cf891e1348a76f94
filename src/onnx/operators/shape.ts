/** Shape: the dimensions of a value, known beforehand. */
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';

function dims(c: NodeContext): readonly number[] {
  const shape = c.shape(0);
  const place = (value: number): number =>
    Math.min(Math.max(value < 0 ? value + shape.length : value, 0), shape.length);
  return shape.slice(place(c.attributes.int('start', 0)), place(c.attributes.int('end', shape.length)));
}

export const shapeOperator: Operator = {
  type: 'Shape',
  caffe: 'none: a constant',
  grade: 'direct',
  infer: (c) => [{ type: 'int64', shape: [dims(c).length] }],
  evaluate: (c) => [{ shape: [dims(c).length], type: 'int64', data: Float64Array.from(dims(c)) }],
};
