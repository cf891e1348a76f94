/** Transpose: axes in another order. */
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { transpose, transposeNumbers } from './shared/transpose.js';

function permOf(c: NodeContext): readonly number[] {
  const rank = c.rank(0);
  const perm = c.attributes.ints('perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  if (perm.toSorted((a, b) => a - b).join() !== perm.map((_, axis) => axis).join() || perm.length !== rank)
    throw new Refusal(`perm ${perm.join(', ')} is no order of ${rank} axes`);
  return perm;
}

export const transposeOperator: Operator = {
  type: 'Transpose',
  caffe:
    'Reshape where axes of one move; Slice, Reshape and Concat up to 8 slices; Im2col beyond; Permute where the target has it',
  grade: 'cheap',
  infer: (c) => [{ type: c.type(0), shape: permOf(c).map((axis) => c.shape(0)[axis]!) }],
  evaluate: (c, [x]) => {
    const perm = permOf(c);
    return [
      { shape: perm.map((axis) => x!.shape[axis]!), type: x!.type, data: transposeNumbers(x!.data, x!.shape, perm) },
    ];
  },
  emit: (c) => {
    const x = c.blob(0);
    c.set(c.rank(0) === 0 ? x : transpose(c, x, permOf(c)));
  },
};
