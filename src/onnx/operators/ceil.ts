/** Ceil: computed where its input is constant; no layer of Caffe gives it. */
import { unary } from './shared/elementwise.js';
export const ceil = unary({
  type: 'Ceil',
  caffe: 'none',
  grade: 'constant only',
  f: () => Math.ceil,
});
