/** Mean: the mean of any number of values that broadcast. */
import { eltwise } from './shared/layers.js';
import { variadic } from './shared/variadic.js';
export const mean = variadic({
  type: 'Mean',
  caffe: 'Eltwise SUM with coefficients',
  grade: 'direct',
  f: (values) => values.reduce((a, b) => a + b, 0) / values.length,
  emit: (c, blobs) =>
    eltwise(
      c,
      'SUM',
      blobs,
      blobs.map(() => 1 / blobs.length),
    ),
});
