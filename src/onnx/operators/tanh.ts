/** Tanh: hyperbolic tangent. */
import { unary } from './shared/elementwise.js';
import { neuron } from './shared/layers.js';
export const tanh = unary({
  type: 'Tanh',
  caffe: 'TanH',
  grade: 'direct',
  f: () => Math.tanh,
  emit: (c, x) => neuron(c, 'TanH', x),
});
