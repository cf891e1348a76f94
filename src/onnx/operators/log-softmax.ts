/** LogSoftmax: the logarithm of Softmax. */
import type { Operator } from './operator.js';
import { neuron } from './shared/layers.js';
import { emitSoftmax, perLine } from './shared/softmax.js';

export const logSoftmax: Operator = {
  type: 'LogSoftmax',
  caffe: 'Softmax, Log',
  grade: 'direct',
  notes: 'values below about -87 become -infinity',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (c, [x]) => [
    perLine(c, x!, (line) => {
      const most = line.reduce((a, b) => (b > a ? b : a), -Infinity);
      const log = most + Math.log(line.reduce((sum, value) => sum + Math.exp(value - most), 0));
      line.forEach((value, i) => (line[i] = value - log));
    }),
  ],
  emit: (c) => c.set(neuron(c, 'Log', emitSoftmax(c, c.blob(0)))),
};
