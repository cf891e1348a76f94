/** Less: 1 where the first value is less, else 0. */
import { above, difference } from './shared/logic.js';
import { binary } from './shared/elementwise.js';
export const less = binary({
  type: 'Less',
  caffe: 'difference, Threshold',
  grade: 'cheap',
  notes: 'NaN is not kept',
  gives: 'bool',
  f: () => (x, y) => (x < y ? 1 : 0),
  emit: (c) => c.set(above(c, difference(c, 1, 0))),
});
