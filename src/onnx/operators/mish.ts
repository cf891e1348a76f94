/** Mish: x · tanh(softplus(x)). */
import { unary } from './shared/elementwise.js';
import { eltwise, neuron } from './shared/layers.js';
import { softplusOf } from './softplus.js';

export const mish = unary({
  type: 'Mish',
  caffe: 'BNLL, TanH, Eltwise PROD',
  grade: 'direct',
  f: () => (x) => x * Math.tanh(softplusOf(x)),
  emit: (c, x) => {
    if (c.target.has('Mish')) return neuron(c, 'Mish', x);
    return eltwise(c, 'PROD', [x, neuron(c, 'TanH', neuron(c, 'BNLL', x))]);
  },
});
