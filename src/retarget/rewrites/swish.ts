/** swish: Swish → x · sigmoid(β x). */
import { EltwiseParameter_EltwiseOp as EltwiseOp } from '../../generated/messages.js';
import { isRefused, type Rewrite } from '../rewrite.js';

export const swish: Rewrite = {
  name: 'swish',
  doc: 'Sigmoid and Eltwise PROD in the place of Swish, with a Power before them for beta',
  apply: (marked, work) => {
    const { step } = marked;
    if (!isRefused(marked) || step.layer.type !== 'Swish') return false;
    const beta = step.layer.swish_param?.beta ?? 1;
    if (!work.takesAll('Sigmoid', 'Eltwise', ...(beta === 1 ? [] : ['Power'])) || !work.giveOwnTop(step)) return false;
    const x = step.bottoms[0]!;
    const scaled =
      beta === 1 ? x : work.before(step, 'beta', { type: 'Power', power_param: { scale: beta } }, [x], x.shape);
    const gate = work.before(step, 'sigmoid', { type: 'Sigmoid' }, [scaled], x.shape);
    work.become(step, { type: 'Eltwise', eltwise_param: { operation: EltwiseOp.PROD } }, [x, gate]);
    return true;
  },
};
