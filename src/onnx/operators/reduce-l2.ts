/** ReduceL2: the root of the sum of squares over axes. */
import { power } from './shared/layers.js';
import { absolute, addUp, reduction, square } from './shared/reduce.js';
export const reduceL2 = reduction({
  type: 'ReduceL2',
  caffe: 'Power {power: 2}, sum, Power {power: 0.5}',
  axesSince: 18,
  reduce: (values) => Math.sqrt(values.reduce((a, b) => a + b * b, 0)),
  emit: (c, x, axes) => power(c, addUp(c, square(c, x), axes, 'SUM'), { power: 0.5 }),
  alone: absolute,
});
