/** permute: a Permute that moves one axis → Slice along it, a Reshape of each slice, and Concat along the axis where it goes. */
import { settingsOf } from '../../layers/shared/fork-settings.js';
import { isRefused, type Rewrite } from '../rewrite.js';

/** A net with more slices than that is no help to anybody. */
const MOST_SLICES = 512;

/** The axis that a permutation moves, and where to; undefined where it moves several. */
function moveOf(order: readonly number[]): { from: number; to: number } | undefined {
  for (let from = 0; from < order.length; from++)
    for (let to = 0; to < order.length; to++) {
      const rest = order.map((_, axis) => axis).filter((axis) => axis !== from);
      if (rest.toSpliced(to, 0, from).join() === order.join()) return { from, to };
    }
  return undefined;
}

export const permute: Rewrite = {
  name: 'permute',
  doc: 'Slice, Reshape of each slice and Concat in the place of a Permute that moves one axis, up to 512 slices',
  apply: (marked, work) => {
    const { step } = marked;
    if (!isRefused(marked) || step.layer.type !== 'Permute') return false;
    const x = step.bottoms[0]!;
    const { order: given = [] } = settingsOf<{ order: number[] }>(step.layer, 'permute_param');
    // Axes that are not named follow in their order.
    const order = [...given, ...x.shape.map((_, axis) => axis).filter((axis) => !given.includes(axis))];
    const moves = [moveOf(order), swapped(order)].filter((move) => move !== undefined);
    const move = moves.sort((a, b) => x.shape[a.from]! - x.shape[b.from]!)[0];
    if (!move || !work.takesAll('Slice', 'Reshape', 'Concat')) return false;
    const { from, to } = move;
    const count = x.shape[from]!;
    if (count > MOST_SLICES) return false;
    const sliceShape = x.shape.with(from, 1);
    const slices =
      count === 1
        ? [x]
        : work.severalBefore(
            step,
            'slices',
            { type: 'Slice', slice_param: { axis: from } },
            [x],
            Array.from({ length: count }, () => sliceShape),
          );
    const shape = order.map((axis) => sliceShape[axis]!);
    const reshape = { type: 'Reshape', reshape_param: { shape: { dim: shape } } };
    if (count === 1) {
      work.become(step, reshape, [x]);
      return true;
    }
    const moved = slices.map((slice, i) => work.before(step, `slice_${i}`, reshape, [slice], shape));
    work.become(step, { type: 'Concat', concat_param: { axis: to } }, moved);
    return true;
  },
};

/** The other way to see two neighbours that change places. */
function swapped(order: readonly number[]): { from: number; to: number } | undefined {
  const move = moveOf(order);
  return move && Math.abs(move.from - move.to) === 1 ? { from: move.to, to: move.from } : undefined;
}
