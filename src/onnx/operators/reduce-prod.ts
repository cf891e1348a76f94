/** ReduceProd: the product over axes. */
import { multiplyUp, reduction } from './shared/reduce.js';
export const reduceProd = reduction({
  type: 'ReduceProd',
  caffe: 'Slice, Eltwise PROD, by halves',
  grade: 'cheap',
  axesSince: 18,
  reduce: (values) => values.reduce((a, b) => a * b, 1),
  emit: multiplyUp,
});
