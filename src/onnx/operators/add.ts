/** Add: the sum of two values that broadcast. */
import { emitAdd } from './shared/arithmetic.js';
import { binary } from './shared/elementwise.js';
export const add = binary({
  type: 'Add',
  caffe: 'Eltwise SUM; Bias with a constant or a smaller operand; Power with a scalar',
  grade: 'direct',
  notes: 'a computed operand that is smaller is reshaped to the axes that it covers, or repeated by Tile',
  f: () => (x, y) => x + y,
  emit: emitAdd,
});
