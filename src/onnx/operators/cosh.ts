/** Cosh: hyperbolic cosine, (exp(x) + exp(-x)) / 2. */
import { unary } from './shared/elementwise.js';
import { eltwise, neuron } from './shared/layers.js';
export const cosh = unary({
  type: 'Cosh',
  caffe: 'Exp, Exp {scale: -1}, Eltwise SUM',
  grade: 'cheap',
  f: () => Math.cosh,
  emit: (c, x) => eltwise(c, 'SUM', [neuron(c, 'Exp', x), neuron(c, 'Exp', x, { scale: -1 }, 'opposite')], [0.5, 0.5]),
});
