/** Expand: a value repeated to a shape that it broadcasts to. */
import { caffeShape } from '../emit/emit-context.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { broadcastShape, expandBlob, expandNumbers } from './shared/broadcast.js';

function shapeOf(c: NodeContext): number[] {
  const wanted = c.numbers(1, 'shape');
  if (!wanted) throw new Refusal('the shape is missing');
  return broadcastShape(c.shape(0), wanted);
}

export const expand: Operator = {
  type: 'Expand',
  caffe: 'Tile for each axis',
  grade: 'direct',
  infer: (c) => [{ type: c.type(0), shape: shapeOf(c) }],
  evaluate: (c, [x]) => {
    const shape = shapeOf(c);
    return [{ shape, type: x!.type, data: expandNumbers(x!.data, x!.shape, shape) }];
  },
  emit: (c) => c.set(expandBlob(c, c.blob(0), caffeShape(c.output().shape))),
};
