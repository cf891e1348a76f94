/** ScatterND: blocks written at indices; computed where its inputs are constant. */
import { product } from '../../shapes.js';
import type { Operator } from './operator.js';
import { blockStarts, joinOf } from './shared/scatter.js';

export const scatterNd: Operator = {
  type: 'ScatterND',
  caffe: 'none',
  grade: 'constant only',
  least: 3,
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (c, [x, indices, updates]) => {
    const depth = indices!.shape.at(-1)!;
    const size = product(x!.shape, depth);
    const join = joinOf(c.attributes.string('reduction', 'none'));
    const data = Float64Array.from(x!.data);
    blockStarts(x!.shape, indices!.data, depth).forEach((start, row) => {
      for (let i = 0; i < size; i++) data[start + i] = join(data[start + i]!, updates!.data[row * size + i]!);
    });
    return [{ ...x!, data }];
  },
};
