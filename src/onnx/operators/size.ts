/** Size: the number of elements, known beforehand. */
import type { Operator } from './operator.js';

export const sizeOperator: Operator = {
  type: 'Size',
  caffe: 'none: a constant',
  grade: 'direct',
  infer: () => [{ type: 'int64', shape: [] }],
  evaluate: (c) => [{ shape: [], type: 'int64', data: Float64Array.of(c.count(0)) }],
};
