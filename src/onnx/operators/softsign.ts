/** Softsign: x / (1 + |x|). */
import { unary } from './shared/elementwise.js';
import { eltwise, neuron, power } from './shared/layers.js';
export const softsign = unary({
  type: 'Softsign',
  caffe: 'AbsVal, Power {power: -1}, Eltwise PROD',
  grade: 'cheap',
  f: () => (x) => x / (1 + Math.abs(x)),
  emit: (c, x) => eltwise(c, 'PROD', [x, power(c, neuron(c, 'AbsVal', x), { shift: 1, power: -1 }, 'inverse')]),
});
