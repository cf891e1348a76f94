/** Concat: values joined along an axis. */
import { product } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import { makeNumbers } from '../schema/data-types.js';
import type { Operator } from './operator.js';
import { concat } from './shared/layers.js';

function axisOf(c: NodeContext): number {
  return c.axis(c.attributes.int('axis', 1), c.rank(0));
}

export const concatOperator: Operator = {
  type: 'Concat',
  caffe: 'Concat',
  grade: 'direct',
  infer: (c) => {
    const axis = axisOf(c);
    const shapes = Array.from({ length: c.inputCount }, (_, i) => c.shape(i));
    for (const shape of shapes)
      if (shape.length !== shapes[0]!.length || shape.some((dim, a) => a !== axis && dim !== shapes[0]![a]))
        throw new Refusal(
          `the shapes ${shapes.map((each) => each.join('x')).join(', ')} do not join along axis ${axis}`,
        );
    return [
      {
        type: c.type(0),
        shape: shapes[0]!.with(
          axis,
          shapes.reduce((sum, shape) => sum + shape[axis]!, 0),
        ),
      },
    ];
  },
  evaluate: (c, inputs) => {
    const axis = axisOf(c);
    const [first] = inputs;
    const shape = first!.shape.with(
      axis,
      inputs.reduce((sum, x) => sum + x!.shape[axis]!, 0),
    );
    const data = makeNumbers(inputs.every((x) => x!.data instanceof Float32Array) ? 'float' : 'double', product(shape));
    const outer = product(shape, 0, axis);
    let at = 0;
    for (let o = 0; o < outer; o++)
      for (const x of inputs) {
        const size = product(x!.shape, axis);
        data.set(x!.data.subarray(o * size, (o + 1) * size), at);
        at += size;
      }
    return [{ shape, type: first!.type, data }];
  },
  emit: (c) => {
    const axis = axisOf(c);
    const blobs = c.node.inputs.flatMap((_, i) => (product(c.shape(i)) === 0 ? [] : [c.blob(i)]));
    if (blobs.length === 0) throw new Refusal('all that it joins is empty');
    c.set(concat(c, blobs, axis));
  },
};
