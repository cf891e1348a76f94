/** Exp: e to the power of the value. */
import { unary } from './shared/elementwise.js';
import { neuron } from './shared/layers.js';
export const exp = unary({
  type: 'Exp',
  caffe: 'Exp',
  grade: 'direct',
  f: () => Math.exp,
  emit: (c, x) => neuron(c, 'Exp', x),
});
