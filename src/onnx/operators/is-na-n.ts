/** IsNaN: computed where its input is constant. */
import { unary } from './shared/elementwise.js';
export const isNaN = unary({
  type: 'IsNaN',
  caffe: 'none',
  grade: 'constant only',
  gives: 'bool',
  f: () => (x) => (Number.isNaN(x) ? 1 : 0),
});
