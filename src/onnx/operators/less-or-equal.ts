/** LessOrEqual: 1 where the first value is less or equal, else 0. */
import { above, difference, opposite } from './shared/logic.js';
import { binary } from './shared/elementwise.js';
export const lessOrEqual = binary({
  type: 'LessOrEqual',
  caffe: 'difference, Threshold, Power {scale: -1, shift: 1}',
  grade: 'cheap',
  notes: 'NaN is not kept',
  gives: 'bool',
  f: () => (x, y) => (x <= y ? 1 : 0),
  emit: (c) => c.set(opposite(c, above(c, difference(c, 0, 1), 'greater'))),
});
