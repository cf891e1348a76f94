/** Equal: 1 where both values are equal, else 0. */
import { neuron } from './shared/layers.js';
import { above, difference, opposite } from './shared/logic.js';
import { binary } from './shared/elementwise.js';
export const equal = binary({
  type: 'Equal',
  caffe: 'difference, Threshold, Power {scale: -1, shift: 1}',
  grade: 'cheap',
  notes: 'NaN is not kept',
  gives: 'bool',
  f: () => (x, y) => (x === y ? 1 : 0),
  emit: (c) => c.set(opposite(c, above(c, neuron(c, 'AbsVal', difference(c, 0, 1)), 'differs'))),
});
