/** Operators that give the same values another shape. */
import { product } from '../../../shapes.js';
import { caffeShape, type EmitContext } from '../../emit/emit-context.js';
import { Refusal } from '../../graph/attributes.js';
import type { NodeContext } from '../../graph/node-context.js';
import type { Operator } from '../operator.js';
import { reshape } from './layers.js';

export function reshaped(
  type: string,
  notes: string | undefined,
  shapeOf: (c: NodeContext) => readonly number[],
): Operator {
  const checked = (c: NodeContext): readonly number[] => {
    const shape = shapeOf(c);
    if (product(shape) !== product(c.shape(0)))
      throw new Refusal(
        `the shape ${c.shape(0).join('x') || '(scalar)'} cannot become ${shape.join('x') || '(scalar)'}: ` +
          `${product(c.shape(0))} values against ${product(shape)}`,
        'the model was exported for other input shapes than these: see options.inputShapes',
      );
    return shape;
  };
  return {
    type,
    caffe: 'Reshape',
    grade: 'direct',
    notes,
    infer: (c) => [{ type: c.type(0), shape: checked(c) }],
    evaluate: (c, [x]) => [{ shape: checked(c), type: x!.type, data: x!.data }],
    emit: (c: EmitContext) => c.set(reshape(c, c.blob(0), caffeShape(c.output().shape))),
  };
}
