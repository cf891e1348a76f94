/** Greater: 1 where the first value is greater, else 0. */
import { above, difference } from './shared/logic.js';
import { binary } from './shared/elementwise.js';
export const greater = binary({
  type: 'Greater',
  caffe: 'difference, Threshold',
  grade: 'cheap',
  notes: 'NaN is not kept',
  gives: 'bool',
  f: () => (x, y) => (x > y ? 1 : 0),
  emit: (c) => c.set(above(c, difference(c, 0, 1))),
});
