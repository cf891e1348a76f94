/** Asin: computed where its input is constant; no layer of Caffe gives it. */
import { unary } from './shared/elementwise.js';
export const asin = unary({
  type: 'Asin',
  caffe: 'none',
  grade: 'constant only',
  f: () => Math.asin,
});
