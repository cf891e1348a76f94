/** Sign: -1, 0 or 1. */
import { unary } from './shared/elementwise.js';
import { eltwise, neuron, power } from './shared/layers.js';
export const sign = unary({
  type: 'Sign',
  caffe: 'Threshold, Power, Threshold, Eltwise SUM',
  grade: 'cheap',
  f: () => Math.sign,
  emit: (c, x) => {
    const positive = neuron(c, 'Threshold', x, {}, 'positive');
    const negative = neuron(c, 'Threshold', power(c, x, { scale: -1 }, 'opposite'), {}, 'negative');
    return eltwise(c, 'SUM', [positive, negative], [1, -1]);
  },
});
