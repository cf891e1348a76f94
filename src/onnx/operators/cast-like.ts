/** CastLike: the element type of another value. */
import { Refusal } from '../graph/attributes.js';
import { isFloat } from '../schema/data-types.js';
import { castValue } from './cast.js';
import type { Operator } from './operator.js';
import { mapTensor } from './shared/elementwise.js';

export const castLike: Operator = {
  type: 'CastLike',
  caffe: 'none',
  grade: 'direct',
  notes: 'from floating point to whole numbers it rounds, and is refused unless constant',
  infer: (c) => [{ type: c.type(1), shape: c.shape(0) }],
  evaluate: (c, [x]) => [mapTensor(x!, castValue(x!.type, c.type(1)), c.type(1))],
  emit: (c) => {
    if (isFloat(c.type(0)) && !isFloat(c.type(1))) throw new Refusal(`from ${c.type(0)} to ${c.type(1)} it rounds`);
    c.set(c.blob(0));
  },
};
