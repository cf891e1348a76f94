/** GatherElements: values read at indices of the same number of axes; computed where its inputs are constant. */
import type { Operator } from './operator.js';
import { placesAlong } from './shared/scatter.js';

export const gatherElements: Operator = {
  type: 'GatherElements',
  caffe: 'none',
  grade: 'constant only',
  infer: (c) => [{ type: c.type(0), shape: c.shape(1) }],
  evaluate: (c, [x, indices]) => {
    const axis = c.axis(c.attributes.int('axis', 0), x!.shape.length);
    const places = placesAlong(x!.shape, axis, indices!.data, indices!.shape);
    return [{ shape: indices!.shape, type: x!.type, data: Float64Array.from(places, (place) => x!.data[place]!) }];
  },
};
