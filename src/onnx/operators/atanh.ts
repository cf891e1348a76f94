/** Atanh: computed where its input is constant; no layer of Caffe gives it. */
import { unary } from './shared/elementwise.js';
export const atanh = unary({
  type: 'Atanh',
  caffe: 'none',
  grade: 'constant only',
  f: () => Math.atanh,
});
