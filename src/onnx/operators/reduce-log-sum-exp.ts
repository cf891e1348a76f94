/** ReduceLogSumExp: the logarithm of the sum of exponentials over axes. */
import { plus } from './shared/arithmetic.js';
import { eltwise, neuron, reshape } from './shared/layers.js';
import { addUp, largest, reduction } from './shared/reduce.js';
export const reduceLogSumExp = reduction({
  type: 'ReduceLogSumExp',
  caffe: 'the largest taken away, Exp, sum, Log, and the largest added',
  grade: 'cheap',
  axesSince: 18,
  reduce: logSumExp,
  emit: (c, x, axes) => {
    const shape = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
    const most = largest(c, x, axes);
    const below = plus(c, x, most, x.shape, -1);
    const sum = addUp(c, neuron(c, 'Exp', below), axes, 'SUM');
    const log = reshape(c, neuron(c, 'Log', sum), shape);
    return eltwise(c, 'SUM', [log, reshape(c, most, shape)]);
  },
});

function logSumExp(values: Float64Array): number {
  const most = values.reduce((a, b) => (b > a ? b : a), -Infinity);
  if (!Number.isFinite(most)) return most;
  return most + Math.log(values.reduce((a, b) => a + Math.exp(b - most), 0));
}
