/** Neg: the value with the other sign. */
import { unary } from './shared/elementwise.js';
import { power } from './shared/layers.js';
export const neg = unary({
  type: 'Neg',
  caffe: 'Power {scale: -1}',
  grade: 'direct',
  f: () => (x) => -x,
  emit: (c, x) => power(c, x, { scale: -1 }),
});
