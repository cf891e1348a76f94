/** Softmax: exponentials that add up to 1. */
import type { Operator } from './operator.js';
import { emitSoftmax, perLine, softmaxOf } from './shared/softmax.js';

export const softmax: Operator = {
  type: 'Softmax',
  caffe: 'Softmax',
  grade: 'direct',
  notes: 'below opset 13 all axes from axis on together, by Reshape',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (c, [x]) => [perLine(c, x!, softmaxOf)],
  emit: (c) => c.set(emitSoftmax(c, c.blob(0))),
};
