/** Relu: the value where it is positive, else 0. */
import { unary } from './shared/elementwise.js';
import { neuron } from './shared/layers.js';
export const relu = unary({
  type: 'Relu',
  caffe: 'ReLU',
  grade: 'direct',
  f: () => (x) => (x > 0 || Number.isNaN(x) ? x : 0),
  emit: (c, x) => neuron(c, 'ReLU', x),
});
