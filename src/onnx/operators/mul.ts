/** Mul: the product of two values that broadcast. */
import { emitMul } from './shared/arithmetic.js';
import { binary } from './shared/elementwise.js';
export const mul = binary({
  type: 'Mul',
  caffe: 'Eltwise PROD; Scale with a constant or a smaller operand; Power with a scalar',
  grade: 'direct',
  notes: 'a computed operand that is smaller is reshaped to the axes that it covers, or repeated by Tile',
  f: () => (x, y) => x * y,
  emit: emitMul,
});
