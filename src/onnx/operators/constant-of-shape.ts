/** ConstantOfShape: one value in every place. */
import { product } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';

function shapeOf(c: NodeContext): number[] {
  const shape = c.numbers(0, 'shape');
  if (!shape) throw new Refusal('the shape is missing');
  return shape;
}

export const constantOfShape: Operator = {
  type: 'ConstantOfShape',
  caffe: 'none; DummyData where a layer needs it as a bottom',
  grade: 'direct',
  infer: (c) => [{ type: c.attributes.tensor('value')?.type ?? 'float', shape: shapeOf(c) }],
  evaluate: (c) => {
    const value = c.attributes.tensor('value');
    const shape = shapeOf(c);
    return [{ shape, type: value?.type ?? 'float', data: new Float64Array(product(shape)).fill(value?.data[0] ?? 0) }];
  },
};
