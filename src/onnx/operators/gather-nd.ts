/** GatherND: blocks read at indices; computed where its inputs are constant. */
import { product } from '../../shapes.js';
import type { Operator } from './operator.js';
import { blockStarts } from './shared/scatter.js';

export const gatherNd: Operator = {
  type: 'GatherND',
  caffe: 'none',
  grade: 'constant only',
  infer: (c) => {
    const batch = c.attributes.int('batch_dims', 0);
    const indices = c.shape(1);
    return [{ type: c.type(0), shape: [...indices.slice(0, -1), ...c.shape(0).slice(batch + indices.at(-1)!)] }];
  },
  evaluate: (c, [x, indices]) => {
    const batch = c.attributes.int('batch_dims', 0);
    const depth = indices!.shape.at(-1)!;
    const size = product(x!.shape, batch + depth);
    const starts = blockStarts(x!.shape, indices!.data, depth, batch);
    const perBatch = starts.length / product(x!.shape, 0, batch);
    const plane = product(x!.shape, batch);
    const data = new Float64Array(starts.length * size);
    starts.forEach((start, row) => {
      const from = Math.floor(row / perBatch) * plane + start;
      data.set(x!.data.subarray(from, from + size), row * size);
    });
    return [{ shape: [...indices!.shape.slice(0, -1), ...x!.shape.slice(batch + depth)], type: x!.type, data }];
  },
};
