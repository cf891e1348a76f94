/** Split: a value cut along an axis. */
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { slice } from './shared/layers.js';
import { selectNumbers } from './shared/select.js';

function partsOf(c: NodeContext): { axis: number; sizes: number[] } {
  const axis = c.axis(c.attributes.int('axis', 0), c.rank(0));
  const length = c.shape(0)[axis]!;
  const given = c.attributes.ints('split') ?? c.numbers(1, 'split');
  if (given) {
    if (given.reduce((a, b) => a + b, 0) !== length || given.some((size) => size < 0))
      throw new Refusal(`the parts ${given.join(', ')} do not make up axis ${axis} of ${length}`);
    return { axis, sizes: [...given] };
  }
  const count = c.attributes.int('num_outputs') ?? c.node.outputs.length;
  const size = Math.ceil(length / count);
  // The last may be smaller from opset 18 on.
  const sizes = Array.from({ length: count }, (_, i) => Math.max(Math.min(size, length - i * size), 0));
  if (c.opset < 18 && length % count !== 0) throw new Refusal(`axis ${axis} of ${length} has no ${count} equal parts`);
  return { axis, sizes };
}

export const split: Operator = {
  type: 'Split',
  caffe: 'Slice',
  grade: 'direct',
  infer: (c) => {
    const { axis, sizes } = partsOf(c);
    return sizes.map((size) => ({ type: c.type(0), shape: c.shape(0).with(axis, size) }));
  },
  evaluate: (c, [x]) => {
    const { axis, sizes } = partsOf(c);
    let start = 0;
    return sizes.map((size) => {
      const indices = Array.from({ length: size }, (_, i) => start + i);
      start += size;
      return { shape: x!.shape.with(axis, size), type: x!.type, data: selectNumbers(x!.data, x!.shape, axis, indices) };
    });
  },
  emit: (c) => {
    const { axis, sizes } = partsOf(c);
    const used = sizes.flatMap((size, i) => (size > 0 ? [i] : []));
    let at = 0;
    const points = used.slice(0, -1).map((i) => (at += sizes[i]!));
    slice(c, c.blob(0), axis, points).forEach((part, k) => c.set(part, used[k]));
  },
};
