/** Max: the largest of any number of values that broadcast. */
import { eltwise } from './shared/layers.js';
import { variadic } from './shared/variadic.js';
export const maxOperator = variadic({
  type: 'Max',
  caffe: 'Eltwise MAX; ReLU or Clip with a scalar',
  grade: 'direct',
  f: (values) => values.reduce((a, b) => (b > a || Number.isNaN(b) ? b : a)),
  emit: (c, blobs) => eltwise(c, 'MAX', blobs),
});
