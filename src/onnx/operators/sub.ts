/** Sub: the difference of two values that broadcast. */
import { emitSub } from './shared/arithmetic.js';
import { binary } from './shared/elementwise.js';
export const sub = binary({
  type: 'Sub',
  caffe: 'Eltwise SUM {coeff: 1, -1}; Bias; Power',
  grade: 'direct',
  notes: 'a computed operand that is smaller is reshaped to the axes that it covers, or repeated by Tile',
  f: () => (x, y) => x - y,
  emit: emitSub,
});
