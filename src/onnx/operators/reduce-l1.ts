/** ReduceL1: the sum of absolute values over axes. */
import { absolute, addUp, reduction } from './shared/reduce.js';
export const reduceL1 = reduction({
  type: 'ReduceL1',
  caffe: 'AbsVal, Reduction over trailing axes, else Convolution by ones',
  axesSince: 18,
  reduce: (values) => values.reduce((a, b) => a + Math.abs(b), 0),
  emit: (c, x, axes) => addUp(c, absolute(c, x), axes, 'SUM'),
  alone: absolute,
});
