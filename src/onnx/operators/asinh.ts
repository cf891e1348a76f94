/** Asinh: computed where its input is constant; no layer of Caffe gives it. */
import { unary } from './shared/elementwise.js';
export const asinh = unary({
  type: 'Asinh',
  caffe: 'none',
  grade: 'constant only',
  f: () => Math.asinh,
});
