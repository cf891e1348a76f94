/** ScaledTanh: alpha tanh(beta x). An experiment of ONNX until 2018, as Affine. */
import { unary } from './shared/elementwise.js';
import { neuron, power } from './shared/layers.js';

export const scaledTanh = unary({
  type: 'ScaledTanh',
  caffe: 'Power {scale}, TanH, Power {scale}',
  grade: 'direct',
  f: (c) => {
    const [alpha, beta] = [c.attributes.float('alpha', 1), c.attributes.float('beta', 1)];
    return (x) => alpha * Math.tanh(beta * x);
  },
  emit: (c, x) => {
    const [alpha, beta] = [c.attributes.float('alpha', 1), c.attributes.float('beta', 1)];
    return power(c, neuron(c, 'TanH', power(c, x, { scale: beta }, 'line')), { scale: alpha });
  },
});
