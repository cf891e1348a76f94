/** ReduceMin: the smallest over axes. */
import { largest, negative, reduction } from './shared/reduce.js';
export const reduceMin = reduction({
  type: 'ReduceMin',
  caffe: 'Power {scale: -1}, Pooling MAX, Power {scale: -1}',
  axesSince: 18,
  reduce: (values) => values.reduce((a, b) => (b < a ? b : a), Infinity),
  emit: (c, x, axes) => negative(c, largest(c, negative(c, x), axes)),
});
