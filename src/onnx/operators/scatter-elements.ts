/** ScatterElements, and Scatter before opset 11: values written at indices; computed where its inputs are constant. */
import type { Operator } from './operator.js';
import { joinOf, placesAlong } from './shared/scatter.js';

function operator(type: string): Operator {
  return {
    type,
    caffe: 'none',
    grade: 'constant only',
    least: 3,
    infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
    evaluate: (c, [x, indices, updates]) => {
      const axis = c.axis(c.attributes.int('axis', 0), x!.shape.length);
      const join = joinOf(c.attributes.string('reduction', 'none'));
      const data = Float64Array.from(x!.data);
      placesAlong(x!.shape, axis, indices!.data, indices!.shape).forEach((place, i) => {
        data[place] = join(data[place]!, updates!.data[i]!);
      });
      return [{ ...x!, data }];
    },
  };
}

export const scatterElements = operator('ScatterElements');
export const scatter = operator('Scatter');
