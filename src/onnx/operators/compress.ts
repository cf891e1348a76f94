/** Compress: the elements of an axis for which a constant condition holds. */
import { product } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { reshape } from './shared/layers.js';
import { select, selectNumbers } from './shared/select.js';

function kept(c: NodeContext): { axis: number; shape: readonly number[]; indices: number[] } {
  const condition = c.constant(1);
  if (!condition) throw new Refusal('the shape of its result depends on data: its condition is computed');
  const given = c.attributes.int('axis');
  const shape = given === undefined ? [product(c.shape(0))] : c.shape(0);
  const axis = given === undefined ? 0 : c.axis(given, shape.length);
  const indices = [...condition.data].flatMap((flag, i) => (flag && i < shape[axis]! ? [i] : []));
  return { axis, shape, indices };
}

export const compress: Operator = {
  type: 'Compress',
  caffe: 'Slice, Concat',
  grade: 'cheap',
  notes: 'the condition must be constant',
  infer: (c) => {
    const { axis, shape, indices } = kept(c);
    return [{ type: c.type(0), shape: shape.with(axis, indices.length) }];
  },
  evaluate: (c, [x]) => {
    const { axis, shape, indices } = kept(c);
    return [
      { shape: shape.with(axis, indices.length), type: x!.type, data: selectNumbers(x!.data, shape, axis, indices) },
    ];
  },
  emit: (c) => {
    const { axis, shape, indices } = kept(c);
    if (indices.length === 0) throw new Refusal('nothing is left of the axis');
    c.set(select(c, reshape(c, c.blob(0), shape), axis, indices));
  },
};
