/** Abs: absolute value. */
import { unary } from './shared/elementwise.js';
import { neuron } from './shared/layers.js';
export const absOperator = unary({
  type: 'Abs',
  caffe: 'AbsVal',
  grade: 'direct',
  f: () => Math.abs,
  emit: (c, x) => neuron(c, 'AbsVal', x),
});
