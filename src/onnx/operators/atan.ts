/** Atan: computed where its input is constant; no layer of Caffe gives it. */
import { unary } from './shared/elementwise.js';
export const atan = unary({
  type: 'Atan',
  caffe: 'none',
  grade: 'constant only',
  f: () => Math.atan,
});
