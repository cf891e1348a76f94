/** Reshape: another shape for the same values. */
import { product } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import { reshaped } from './shared/reshaped.js';

export const reshapeOperator = reshaped('Reshape', 'the shape must be constant', (c) => {
  const given = c.attributes.ints('shape') ?? c.numbers(1, 'shape');
  // A shape that is an input of the model: what the file declares for the output.
  if (!given) throw new Refusal('the shape is missing');
  return resolveShape(c, given);
});

function resolveShape(c: NodeContext, given: readonly number[]): number[] {
  const shape = c.shape(0);
  const keepsZero = c.attributes.int('allowzero', 0) !== 0;
  const dims = given.map((dim, axis) => {
    if (dim !== 0 || keepsZero) return dim;
    const same = shape[axis];
    if (same === undefined)
      throw new Refusal(`the shape ${given.join('x')} copies axis ${axis}, which the input lacks`);
    return same;
  });
  const open = dims.indexOf(-1);
  if (open < 0) return dims;
  const known = product(dims.filter((_, axis) => axis !== open));
  return dims.with(open, known === 0 ? 0 : product(shape) / known);
}
