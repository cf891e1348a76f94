/** OneHot: one value at an index, another elsewhere; computed where its inputs are constant. */
import { product } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';

function settings(c: NodeContext): { axis: number; depth: number; shape: number[] } {
  const [depth] = c.numbers(1, 'depth') ?? [];
  if (depth === undefined) throw new Refusal('the depth is missing');
  const axis = c.axis(c.attributes.int('axis', -1), c.rank(0) + 1);
  return { axis, depth, shape: c.shape(0).toSpliced(axis, 0, depth) };
}

export const oneHot: Operator = {
  type: 'OneHot',
  caffe: 'none',
  grade: 'constant only',
  infer: (c) => [{ type: c.type(2), shape: settings(c).shape }],
  evaluate: (c, [indices, , values]) => {
    const { axis, depth, shape } = settings(c);
    const inner = product(shape, axis + 1);
    const [off, on] = [values!.data[0]!, values!.data[1]!];
    const data = new Float64Array(product(shape)).fill(off);
    indices!.data.forEach((index, i) => {
      const at = index < 0 ? index + depth : index;
      if (at >= 0 && at < depth) data[(Math.floor(i / inner) * depth + at) * inner + (i % inner)] = on;
    });
    return [{ shape, type: values!.type, data }];
  },
};
