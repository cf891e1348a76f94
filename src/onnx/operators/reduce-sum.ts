/** ReduceSum: the sum over axes. */
import { addUp, reduction } from './shared/reduce.js';
export const reduceSum = reduction({
  type: 'ReduceSum',
  caffe: 'Reduction over trailing axes, else Convolution by ones',
  axesSince: 13,
  reduce: (values) => values.reduce((a, b) => a + b, 0),
  emit: (c, x, axes) => addUp(c, x, axes, 'SUM'),
});
