/** Sum: the sum of any number of values that broadcast. */
import { eltwise } from './shared/layers.js';
import { variadic } from './shared/variadic.js';
export const sumOperator = variadic({
  type: 'Sum',
  caffe: 'Eltwise SUM',
  grade: 'direct',
  f: (values) => values.reduce((a, b) => a + b, 0),
  emit: (c, blobs) => eltwise(c, 'SUM', blobs),
});
