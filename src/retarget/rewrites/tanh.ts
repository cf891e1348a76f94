/** tanh: TanH → 2 · sigmoid(2x) − 1. */
import { isRefused, type Rewrite } from '../rewrite.js';

export const tanh: Rewrite = {
  name: 'tanh',
  doc: 'Power, Sigmoid and Power in the place of TanH: 2 · sigmoid(2x) − 1',
  apply: (marked, work) => {
    const { step } = marked;
    if (!isRefused(marked) || step.layer.type !== 'TanH') return false;
    if (!work.takesAll('Power', 'Sigmoid') || !work.giveOwnTop(step)) return false;
    const { shape } = step.bottoms[0]!;
    const double = work.before(step, 'double', { type: 'Power', power_param: { scale: 2 } }, step.bottoms, shape);
    const gate = work.before(step, 'sigmoid', { type: 'Sigmoid' }, [double], shape);
    work.become(step, { type: 'Power', power_param: { scale: 2, shift: -1 } }, [gate]);
    return true;
  },
};
