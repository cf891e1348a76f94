/** Swish: x · sigmoid(alpha x), which torch calls SiLU. */
import { unary } from './shared/elementwise.js';
import { eltwise, neuron, power } from './shared/layers.js';
export const swish = unary({
  type: 'Swish',
  caffe: 'Swish, or Sigmoid, Eltwise PROD',
  grade: 'direct',
  notes: "Swish is in BVLC's master, not in the tag 1.0",
  f: (c) => {
    const alpha = c.attributes.float('alpha', 1);
    return (x) => x / (1 + Math.exp(-alpha * x));
  },
  emit: (c, x) => {
    const alpha = c.attributes.float('alpha', 1);
    if (c.target.has('Swish')) return neuron(c, 'Swish', x, alpha === 1 ? {} : { beta: alpha });
    return eltwise(c, 'PROD', [x, neuron(c, 'Sigmoid', power(c, x, { scale: alpha }))]);
  },
});
