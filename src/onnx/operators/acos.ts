/** Acos: computed where its input is constant; no layer of Caffe gives it. */
import { unary } from './shared/elementwise.js';
export const acos = unary({
  type: 'Acos',
  caffe: 'none',
  grade: 'constant only',
  f: () => Math.acos,
});
