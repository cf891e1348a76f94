/** Cos: computed where its input is constant; no layer of Caffe gives it. */
import { unary } from './shared/elementwise.js';
export const cos = unary({
  type: 'Cos',
  caffe: 'none',
  grade: 'constant only',
  f: () => Math.cos,
});
