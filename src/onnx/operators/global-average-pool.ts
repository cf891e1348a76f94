/** GlobalAveragePool: the mean of each channel. */
import type { Operator } from './operator.js';
import { poolNumbers, emitGlobalPooling } from './shared/pooling.js';
import { globalWindow } from './shared/global-window.js';

export const globalAveragePool: Operator = {
  type: 'GlobalAveragePool',
  caffe: 'Pooling AVE {global_pooling: true}',
  grade: 'direct',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0).map((dim, axis) => (axis < 2 ? dim : 1)) }],
  evaluate: (_, [x]) => [
    poolNumbers(x!, globalWindow(x!.shape), (values) => values.reduce((a, b) => a + b, 0) / values.length),
  ],
  emit: (c) => emitGlobalPooling(c, 'AVE'),
};
