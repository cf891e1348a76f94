/** Elu: alpha (exp(x) - 1) where the value is negative. */
import { unary } from './shared/elementwise.js';
import { neuron } from './shared/layers.js';
export const elu = unary({
  type: 'Elu',
  caffe: 'ELU',
  grade: 'direct',
  f: (c) => {
    const alpha = c.attributes.float('alpha', 1);
    return (x) => (x < 0 ? alpha * Math.expm1(x) : x);
  },
  emit: (c, x) => {
    const alpha = c.attributes.float('alpha', 1);
    return neuron(c, 'ELU', x, alpha === 1 ? {} : { alpha });
  },
});
