/** NonZero: where values are not 0; computed where its input is constant. */
import { UnknownShape } from '../graph/node-context.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';

function places(c: NodeContext): { shape: number[]; data: Float64Array } {
  const x = c.constant(0);
  if (!x) {
    if (!c.has(0)) throw new UnknownShape('');
    throw new Refusal('the shape of its result depends on data');
  }
  const found = [...x.data].flatMap((value, i) => (value === 0 ? [] : [i]));
  const rank = x.shape.length;
  const data = new Float64Array(rank * found.length);
  found.forEach((at, k) => {
    for (let axis = rank - 1, left = at; axis >= 0; axis--) {
      data[axis * found.length + k] = left % x.shape[axis]!;
      left = Math.floor(left / x.shape[axis]!);
    }
  });
  return { shape: [rank, found.length], data };
}

export const nonZero: Operator = {
  type: 'NonZero',
  caffe: 'none',
  grade: 'constant only',
  infer: (c) => [{ type: 'int64', shape: places(c).shape }],
  evaluate: (c) => [{ ...places(c), type: 'int64' }],
};
