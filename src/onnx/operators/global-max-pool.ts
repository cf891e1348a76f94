/** GlobalMaxPool: the largest of each channel. */
import type { Operator } from './operator.js';
import { globalWindow } from './shared/global-window.js';
import { poolNumbers, emitGlobalPooling } from './shared/pooling.js';

export const globalMaxPool: Operator = {
  type: 'GlobalMaxPool',
  caffe: 'Pooling MAX {global_pooling: true}',
  grade: 'direct',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0).map((dim, axis) => (axis < 2 ? dim : 1)) }],
  evaluate: (_, [x]) => [
    poolNumbers(x!, globalWindow(x!.shape), (values) => values.reduce((a, b) => (b > a ? b : a), -Infinity)),
  ],
  emit: (c) => emitGlobalPooling(c, 'MAX'),
};
