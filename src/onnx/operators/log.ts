/** Log: natural logarithm. */
import { unary } from './shared/elementwise.js';
import { neuron } from './shared/layers.js';
export const log = unary({
  type: 'Log',
  caffe: 'Log',
  grade: 'direct',
  f: () => Math.log,
  emit: (c, x) => neuron(c, 'Log', x),
});
