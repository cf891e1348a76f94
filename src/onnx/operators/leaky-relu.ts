/** LeakyRelu: alpha times the value where it is negative. */
import { unary } from './shared/elementwise.js';
import { neuron } from './shared/layers.js';
export const leakyRelu = unary({
  type: 'LeakyRelu',
  caffe: 'ReLU {negative_slope}',
  grade: 'direct',
  f: (c) => {
    const alpha = c.attributes.float('alpha', 0.01);
    return (x) => (x < 0 ? alpha * x : x);
  },
  emit: (c, x) => neuron(c, 'ReLU', x, { negative_slope: c.attributes.float('alpha', 0.01) }),
});
