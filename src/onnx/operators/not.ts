/** Not: logical negation. */
import { unary } from './shared/elementwise.js';
import { power } from './shared/layers.js';
export const notOperator = unary({
  type: 'Not',
  caffe: 'Power {scale: -1, shift: 1}',
  grade: 'cheap',
  f: () => (x) => (x === 0 ? 1 : 0),
  emit: (c, x) => power(c, x, { scale: -1, shift: 1 }),
});
