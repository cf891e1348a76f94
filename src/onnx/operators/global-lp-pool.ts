/** GlobalLpPool: the p-norm of each channel. */
import { product } from '../../shapes.js';
import { caffeShape } from '../emit/emit-context.js';
import { Refusal } from '../graph/attributes.js';
import type { Operator } from './operator.js';
import { globalWindow } from './shared/global-window.js';
import { power, reshape } from './shared/layers.js';
import { poolNumbers } from './shared/pooling.js';
import { absolute, addUp, square } from './shared/reduce.js';

export const globalLpPool: Operator = {
  type: 'GlobalLpPool',
  caffe: 'Power or AbsVal, Reduction, Power',
  grade: 'cheap',
  notes: 'p of 1 or 2',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0).map((dim, axis) => (axis < 2 ? dim : 1)) }],
  evaluate: (c, [x]) => {
    const p = c.attributes.int('p', 2);
    return [
      poolNumbers(x!, globalWindow(x!.shape), (values) => values.reduce((a, b) => a + Math.abs(b) ** p, 0) ** (1 / p)),
    ];
  },
  emit: (c) => {
    const p = c.attributes.int('p', 2);
    if (p !== 1 && p !== 2) throw new Refusal(`a norm of p ${p}; 1 and 2 can be written`);
    const x = c.blob(0);
    const flat = reshape(c, x, [...x.shape.slice(0, 2), product(x.shape, 2)]);
    const sum = addUp(c, p === 1 ? absolute(c, flat) : square(c, flat), [2], 'SUM');
    c.set(reshape(c, power(c, sum, { power: 1 / p }), caffeShape(c.output().shape)));
  },
};
