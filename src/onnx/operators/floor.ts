/** Floor: computed where its input is constant; no layer of Caffe gives it. */
import { unary } from './shared/elementwise.js';
export const floor = unary({
  type: 'Floor',
  caffe: 'none',
  grade: 'constant only',
  f: () => Math.floor,
});
