/** Or: 1 where one of the values is not 0. */
import { eltwise } from './shared/layers.js';
import { bothWhole } from './shared/logic.js';
import { binary } from './shared/elementwise.js';
export const orOperator = binary({
  type: 'Or',
  caffe: 'Eltwise MAX',
  grade: 'cheap',
  gives: 'bool',
  f: () => (x, y) => (x || y ? 1 : 0),
  emit: (c) => c.set(eltwise(c, 'MAX', bothWhole(c))),
});
