/** LpPool: the p-norm of what is under each window. */
import { product } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import type { Operator } from './operator.js';
import { power } from './shared/layers.js';
import { emitPooling, poolingWindow, poolNumbers } from './shared/pooling.js';
import { absolute, square } from './shared/reduce.js';

export const lpPool: Operator = {
  type: 'LpPool',
  caffe: 'Power or AbsVal, Pooling AVE, Power',
  grade: 'cheap',
  infer: (c) => [{ type: c.type(0), shape: [...c.shape(0).slice(0, 2), ...poolingWindow(c).outputs] }],
  evaluate: (c, [x]) => {
    const p = c.attributes.int('p', 2);
    return [poolNumbers(x!, poolingWindow(c), (values) => values.reduce((a, b) => a + Math.abs(b) ** p, 0) ** (1 / p))];
  },
  emit: (c) => {
    const p = c.attributes.int('p', 2);
    if (p < 1) throw new Refusal(`a norm of p ${p}`);
    const { axes, outputs } = poolingWindow(c);
    // The mean over a window of the padded image, padding counted, times its size is the sum.
    const even = axes.map((axis, i) => ({
      ...axis,
      end: Math.max((outputs[i]! - 1) * axis.stride + axis.kernel - axis.size - axis.begin, axis.end),
    }));
    const x = c.blob(0);
    const positive = p % 2 === 0 ? x : absolute(c, x);
    const powers = p === 2 ? square(c, x) : power(c, positive, { power: p }, 'power');
    const mean = emitPooling(c, powers, 'AVE', { axes: even, outputs }, true);
    c.set(power(c, mean, { scale: product(axes.map(({ kernel }) => kernel)), power: 1 / p }));
  },
};
