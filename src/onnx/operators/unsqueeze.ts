/** Unsqueeze: axes of one are put in. */
import { Refusal } from '../graph/attributes.js';
import { reshaped } from './shared/reshaped.js';

export const unsqueeze = reshaped('Unsqueeze', undefined, (c) => {
  const axes = c.intsFrom('axes', 1, 13);
  if (!axes) throw new Refusal('axes are missing');
  const shape = c.shape(0);
  const rank = shape.length + axes.length;
  const places = new Set(axes.map((axis) => c.axis(axis, rank)));
  const rest = [...shape];
  return Array.from({ length: rank }, (_, axis) => (places.has(axis) ? 1 : (rest.shift() ?? 1)));
});
