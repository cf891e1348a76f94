/** Min: the smallest of any number of values that broadcast. */
import { eltwise } from './shared/layers.js';
import { negative } from './shared/reduce.js';
import { variadic } from './shared/variadic.js';
export const minOperator = variadic({
  type: 'Min',
  caffe: 'Power {scale: -1}, Eltwise MAX, Power {scale: -1}; Clip with a scalar',
  grade: 'direct',
  f: (values) => values.reduce((a, b) => (b < a || Number.isNaN(b) ? b : a)),
  emit: (c, blobs) =>
    negative(
      c,
      eltwise(
        c,
        'MAX',
        blobs.map((x) => negative(c, x)),
        undefined,
        'max',
      ),
    ),
});
