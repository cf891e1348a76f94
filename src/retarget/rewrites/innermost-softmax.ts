/** innermost-softmax: a Softmax along another axis than the last → Reshape or Permute before and behind one along the last. */
import { inverseOrder, product } from '../../shapes.js';
import type { Rewrite } from '../rewrite.js';

export const innermostSoftmax: Rewrite = {
  name: 'innermost-softmax',
  doc: 'Softmax along the last axis, between two Reshapes or two Permutes, in the place of Softmax along another one',
  apply: ({ step, problem }, work) => {
    const { type, softmax_param: param } = step.layer;
    if (problem.measure !== 'isAxisInnermost' || type !== 'Softmax') return false;
    const { shape } = step.bottoms[0]!;
    const given = param?.axis ?? 1;
    const axis = given < 0 ? given + shape.length : given;
    const last = shape.length - 1;
    const along = (of: number) => ({ type: 'Softmax', softmax_param: { ...param, axis: of } });
    const reshape = (dims: readonly number[]) => ({ type: 'Reshape', reshape_param: { shape: { dim: [...dims] } } });
    if (product(shape.slice(axis + 1)) === 1) {
      // Nothing has to move: the axes behind hold one value each.
      if (!work.takes('Reshape') || !work.giveOwnTop(step)) return false;
      const short = shape.slice(0, axis + 1);
      const flat = work.before(step, 'flat', reshape(short), step.bottoms, short);
      const soft = work.before(step, 'softmax', along(axis), [flat], short);
      work.become(step, reshape(shape), [soft]);
      return true;
    }
    if (!work.takes('Permute') || !work.giveOwnTop(step)) return false;
    work.hasForkLayers = true;
    const others = shape.map((_, i) => i).filter((i) => i !== axis);
    const there = [...others, axis];
    const back = inverseOrder(there);
    const permute = (order: readonly number[]) => ({ type: 'Permute', permute_param: { order: [...order] } });
    const moved = there.map((i) => shape[i]!);
    const before = work.before(step, 'moved', permute(there), step.bottoms, moved);
    const soft = work.before(step, 'softmax', along(last), [before], moved);
    work.become(step, permute(back), [soft]);
    return true;
  },
};
