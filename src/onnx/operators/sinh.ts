/** Sinh: hyperbolic sine, (exp(x) - exp(-x)) / 2. */
import { unary } from './shared/elementwise.js';
import { eltwise, neuron } from './shared/layers.js';
export const sinh = unary({
  type: 'Sinh',
  caffe: 'Exp, Exp {scale: -1}, Eltwise SUM',
  grade: 'cheap',
  notes: 'near 0 the difference loses digits, as in float32 everywhere',
  f: () => Math.sinh,
  emit: (c, x) => eltwise(c, 'SUM', [neuron(c, 'Exp', x), neuron(c, 'Exp', x, { scale: -1 }, 'opposite')], [0.5, -0.5]),
});
