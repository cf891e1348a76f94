/** Hardmax: 1 for the first of the largest, else 0; computed where its input is constant. */
import type { Operator } from './operator.js';
import { perLine } from './shared/softmax.js';

export const hardmax: Operator = {
  type: 'Hardmax',
  caffe: 'none',
  grade: 'constant only',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (c, [x]) => [
    perLine(c, x!, (line) => {
      const first = line.reduce((best, value, i) => (value > line[best]! ? i : best), 0);
      line.fill(0)[first] = 1;
    }),
  ],
};
