/** Tan: computed where its input is constant; no layer of Caffe gives it. */
import { unary } from './shared/elementwise.js';
export const tan = unary({
  type: 'Tan',
  caffe: 'none',
  grade: 'constant only',
  f: () => Math.tan,
});
