/** ThresholdedRelu: the value where it is above alpha, else 0. */
import { unary } from './shared/elementwise.js';
import { eltwise, neuron } from './shared/layers.js';
export const thresholdedRelu = unary({
  type: 'ThresholdedRelu',
  caffe: 'Threshold, Eltwise PROD',
  grade: 'cheap',
  f: (c) => {
    const alpha = c.attributes.float('alpha', 1);
    return (x) => (x > alpha ? x : 0);
  },
  emit: (c, x) => eltwise(c, 'PROD', [x, neuron(c, 'Threshold', x, { threshold: c.attributes.float('alpha', 1) })]),
});
