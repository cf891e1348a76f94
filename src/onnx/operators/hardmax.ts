/** Hardmax: 1 for the first of the largest, else 0. */
import { caffeShape } from '../emit/emit-context.js';
import type { Operator } from './operator.js';
import { eltwise, expandTo, mixAxis, reshape } from './shared/layers.js';
import { above, opposite } from './shared/logic.js';
import { largest } from './shared/reduce.js';
import { perLine, spanOf } from './shared/softmax.js';

export const hardmax: Operator = {
  type: 'Hardmax',
  caffe: 'Pooling MAX, Eltwise, Threshold, and a triangle of ones that finds the first of equal values',
  grade: 'cheap',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (c, [x]) => [
    perLine(c, x!, (line) => {
      const first = line.reduce((best, value, i) => (value > line[best]! ? i : best), 0);
      line.fill(0)[first] = 1;
    }),
  ],
  emit: (c) => {
    const { outer, length, inner } = spanOf(c);
    c.heavy(`the first of the largest by a matrix of ${length} x ${length}`, length <= 1024);
    const x = reshape(c, c.blob(0), [outer, length, 1, inner]);
    const most = expandTo(c, largest(c, x, [1]), x.shape);
    // 1 where nothing is larger, then 0 again behind the first such place.
    const isMost = opposite(c, above(c, eltwise(c, 'SUM', [most, x], [1, -1], 'difference'), 'smaller'));
    const before = mixAxis(c, isMost, 1, length, () =>
      Float32Array.from({ length: length * length }, (_, i) => (i % length < Math.floor(i / length) ? 1 : 0)),
    );
    const isFirst = opposite(c, above(c, before, 'later'));
    c.set(reshape(c, eltwise(c, 'PROD', [isMost, isFirst]), caffeShape(c.output().shape)));
  },
};
