/** ReduceMax: the largest over axes. */
import { largest, reduction } from './shared/reduce.js';
export const reduceMax = reduction({
  type: 'ReduceMax',
  caffe: 'Pooling MAX',
  axesSince: 18,
  reduce: (values) => values.reduce((a, b) => (b > a ? b : a), -Infinity),
  emit: largest,
});
