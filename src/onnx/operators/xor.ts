/** Xor: 1 where just one of the values is not 0. */
import { neuron } from './shared/layers.js';
import { difference } from './shared/logic.js';
import { binary } from './shared/elementwise.js';
export const xor = binary({
  type: 'Xor',
  caffe: 'difference, AbsVal',
  grade: 'cheap',
  gives: 'bool',
  f: () => (x, y) => ((x ? !y : y) ? 1 : 0),
  emit: (c) => c.set(neuron(c, 'AbsVal', difference(c, 0, 1))),
});
