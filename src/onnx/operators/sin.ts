/** Sin: computed where its input is constant; no layer of Caffe gives it. */
import { unary } from './shared/elementwise.js';
export const sin = unary({
  type: 'Sin',
  caffe: 'none',
  grade: 'constant only',
  f: () => Math.sin,
});
