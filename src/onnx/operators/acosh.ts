/** Acosh: computed where its input is constant; no layer of Caffe gives it. */
import { unary } from './shared/elementwise.js';
export const acosh = unary({
  type: 'Acosh',
  caffe: 'none',
  grade: 'constant only',
  f: () => Math.acosh,
});
