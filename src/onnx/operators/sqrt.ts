/** Sqrt: square root. */
import { unary } from './shared/elementwise.js';
import { power } from './shared/layers.js';
export const sqrt = unary({
  type: 'Sqrt',
  caffe: 'Power {power: 0.5}',
  grade: 'direct',
  f: () => Math.sqrt,
  emit: (c, x) => power(c, x, { power: 0.5 }),
});
