/** ReduceSumSquare: the sum of squares over axes. */
import { addUp, reduction, square } from './shared/reduce.js';
export const reduceSumSquare = reduction({
  type: 'ReduceSumSquare',
  caffe: 'Power {power: 2}, sum',
  axesSince: 18,
  reduce: (values) => values.reduce((a, b) => a + b * b, 0),
  emit: (c, x, axes) => addUp(c, square(c, x), axes, 'SUM'),
  alone: square,
});
