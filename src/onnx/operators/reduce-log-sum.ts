/** ReduceLogSum: the logarithm of the sum over axes. */
import { neuron } from './shared/layers.js';
import { addUp, reduction } from './shared/reduce.js';
export const reduceLogSum = reduction({
  type: 'ReduceLogSum',
  caffe: 'sum, Log',
  axesSince: 18,
  reduce: (values) => Math.log(values.reduce((a, b) => a + b, 0)),
  emit: (c, x, axes) => neuron(c, 'Log', addUp(c, x, axes, 'SUM')),
  alone: (c, x) => neuron(c, 'Log', x),
});
