/** LpNormalization: values divided by the p-norm along an axis. */
import { product } from '../../shapes.js';
import { weights } from '../emit/builder.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { times } from './shared/arithmetic.js';
import { power, reshape } from './shared/layers.js';
import { absolute, addUp, square } from './shared/reduce.js';

/** Keeps the factor of a line of zeros finite; sums of other lines do not feel it. */
const SMALLEST = 1e-36;

function axisOf(c: NodeContext): number {
  return c.axis(c.attributes.int('axis', -1), c.rank(0));
}

export const lpNormalization: Operator = {
  type: 'LpNormalization',
  caffe: 'Power, sum, Power {power: -0.5}, Scale with two bottoms; Normalize where the target has it',
  grade: 'cheap',
  notes: 'p of 1 or 2',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (c, [x]) => {
    const p = c.attributes.int('p', 2);
    const axis = axisOf(c);
    const [length, inner] = [x!.shape[axis]!, product(x!.shape, axis + 1)];
    const data = Float64Array.from(x!.data);
    for (let line = 0; line < data.length / length; line++) {
      const start = Math.floor(line / inner) * length * inner + (line % inner);
      let sum = 0;
      for (let i = 0; i < length; i++) sum += Math.abs(data[start + i * inner]!) ** p;
      // A line of zeros stays what it is.
      if (sum > 0) for (let i = 0; i < length; i++) data[start + i * inner]! /= sum ** (1 / p);
    }
    return [{ ...x!, data }];
  },
  emit: (c) => {
    const p = c.attributes.int('p', 2);
    if (p !== 1 && p !== 2) throw new Refusal(`a norm of p ${p}; 1 and 2 can be written`);
    const x = c.blob(0);
    const axis = axisOf(c);
    if (p === 2 && axis === 1 && x.shape.length <= 4 && c.target.has('Normalize')) {
      const fields = { across_spatial: false, channel_shared: true, eps: SMALLEST };
      c.set(c.layer('Normalize', [x], fields, x.shape, { blobs: [weights([], [1])] }));
      return;
    }
    const sum = addUp(c, p === 1 ? absolute(c, x) : square(c, x), [axis], 'SUM');
    const norm = reshape(c, sum, x.shape.with(axis, 1));
    const inverse = power(c, norm, { shift: SMALLEST, power: -1 / p }, 'inverse_norm');
    c.set(times(c, x, inverse, x.shape));
  },
};
