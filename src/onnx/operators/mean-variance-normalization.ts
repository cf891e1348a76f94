/** MeanVarianceNormalization: axes together, by their mean and variance. */
import type { Operator } from './operator.js';
import type { NodeContext } from '../graph/node-context.js';
import { inverseOrder, product } from '../../shapes.js';
import { normalizeLines, normalizeNumbers } from './shared/normalize.js';
import { transpose, transposeNumbers } from './shared/transpose.js';

/** Variances up to the square of the standard's 1e-9 are nothing beside float32's rounding. */
const EPSILON = 1e-18;

/** The order in which the axes that are taken together come last, and how many lines there are before them. */
function orderOf(c: NodeContext): { perm: number[]; back: number[]; lines: number } {
  const rank = c.rank(0);
  const axes = (c.attributes.ints('axes') ?? [0, 2, 3]).map((axis) => c.axis(axis, rank));
  const kept = c.shape(0).flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const perm = [...kept, ...axes.toSorted((a, b) => a - b)];
  return {
    perm,
    back: inverseOrder(perm),
    lines: product(kept.map((axis) => c.shape(0)[axis]!)),
  };
}

export const meanVarianceNormalization: Operator = {
  type: 'MeanVarianceNormalization',
  caffe: 'BatchNorm {use_global_stats: false}, between transpositions where the axes are not the last',
  grade: 'cheap',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (c, [x]) => {
    const { perm, back, lines } = orderOf(c);
    const turned = { ...x!, data: transposeNumbers(x!.data, x!.shape, perm) };
    const data = normalizeNumbers(turned, lines, EPSILON);
    return [
      {
        ...x!,
        data: transposeNumbers(
          data,
          perm.map((axis) => x!.shape[axis]!),
          back,
        ),
      },
    ];
  },
  emit: (c) => {
    const { perm, back, lines } = orderOf(c);
    const normal = normalizeLines(c, transpose(c, c.blob(0), perm), lines, EPSILON);
    c.set(transpose(c, normal, back));
  },
};
