/** Reciprocal: one over the value. */
import { unary } from './shared/elementwise.js';
import { power } from './shared/layers.js';
export const reciprocal = unary({
  type: 'Reciprocal',
  caffe: 'Power {power: -1}',
  grade: 'direct',
  f: () => (x) => 1 / x,
  emit: (c, x) => power(c, x, { power: -1 }),
});
