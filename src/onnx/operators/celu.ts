/** Celu: max(0, x) + min(0, alpha (exp(x / alpha) - 1)). */
import { unary } from './shared/elementwise.js';
import { neuron, power } from './shared/layers.js';
export const celu = unary({
  type: 'Celu',
  caffe: 'Power, ELU, Power',
  grade: 'direct',
  f: (c) => {
    const alpha = c.attributes.float('alpha', 1);
    return (x) => Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha));
  },
  emit: (c, x) => {
    const alpha = c.attributes.float('alpha', 1);
    return power(c, neuron(c, 'ELU', power(c, x, { scale: 1 / alpha }, 'scaled')), { scale: alpha });
  },
});
