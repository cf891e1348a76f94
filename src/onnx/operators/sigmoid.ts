/** Sigmoid: 1 / (1 + exp(-x)). */
import { unary } from './shared/elementwise.js';
import { neuron } from './shared/layers.js';
export const sigmoid = unary({
  type: 'Sigmoid',
  caffe: 'Sigmoid',
  grade: 'direct',
  f: () => (x) => 1 / (1 + Math.exp(-x)),
  emit: (c, x) => neuron(c, 'Sigmoid', x),
});
