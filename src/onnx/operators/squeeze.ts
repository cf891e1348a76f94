/** Squeeze: axes of one are taken away. */
import { Refusal } from '../graph/attributes.js';
import { reshaped } from './shared/reshaped.js';

export const squeeze = reshaped('Squeeze', undefined, (c) => {
  const shape = c.shape(0);
  const axes = c.intsFrom('axes', 1, 13)?.map((axis) => c.axis(axis, shape.length));
  if (!axes) return shape.filter((dim) => dim !== 1);
  const wrong = axes.find((axis) => shape[axis] !== 1);
  if (wrong !== undefined) throw new Refusal(`axis ${wrong} of ${shape.join('x')} is not one`);
  return shape.filter((_, axis) => !axes.includes(axis));
});
