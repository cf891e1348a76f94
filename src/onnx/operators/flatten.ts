/** Flatten: two axes of all. */
import { product } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import { reshaped } from './shared/reshaped.js';

export const flatten = reshaped('Flatten', undefined, (c) => {
  const shape = c.shape(0);
  const given = c.attributes.int('axis', 1);
  const axis = given < 0 ? given + shape.length : given;
  if (axis < 0 || axis > shape.length) throw new Refusal(`axis ${given} is out of range for ${shape.length} axes`);
  return [product(shape, 0, axis), product(shape, axis)];
});
