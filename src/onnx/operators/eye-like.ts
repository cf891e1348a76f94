/** EyeLike: ones on a diagonal; a constant. */
import { product } from '../../shapes.js';
import { dataTypeOf, type DataType } from '../schema/data-types.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';

const typeOf = (c: NodeContext): DataType => {
  const given = c.attributes.int('dtype');
  return (given === undefined ? undefined : dataTypeOf(given)) ?? c.type(0);
};

export const eyeLike: Operator = {
  type: 'EyeLike',
  caffe: 'none: a constant',
  grade: 'constant only',
  infer: (c) => [{ type: typeOf(c), shape: c.shape(0) }],
  evaluate: (c) => {
    const shape = c.shape(0);
    const k = c.attributes.int('k', 0);
    const columns = shape[1] ?? 1;
    const data = Float64Array.from({ length: product(shape) }, (_, i) =>
      (i % columns) - Math.floor(i / columns) === k ? 1 : 0,
    );
    return [{ shape, type: typeOf(c), data }];
  },
};
