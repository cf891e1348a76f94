/** And: 1 where both values are not 0. */
import { emitMul } from './shared/arithmetic.js';
import { binary } from './shared/elementwise.js';
export const andOperator = binary({
  type: 'And',
  caffe: 'Eltwise PROD',
  grade: 'cheap',
  gives: 'bool',
  f: () => (x, y) => (x && y ? 1 : 0),
  emit: emitMul,
});
