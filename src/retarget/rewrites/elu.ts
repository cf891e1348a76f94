/** elu: ELU → max(x, 0) + α (e^m − 1), m = min(x, 0), where e^m = s / (1 − s) of s = sigmoid(m) ≤ ½: no digits are lost. */
import { EltwiseParameter_EltwiseOp as EltwiseOp } from '../../generated/messages.js';
import { isRefused, type Rewrite } from '../rewrite.js';

export const elu: Rewrite = {
  name: 'elu',
  doc: 'ReLU, Power, Sigmoid and Eltwise in the place of ELU',
  apply: (marked, work) => {
    const { step } = marked;
    if (!isRefused(marked) || step.layer.type !== 'ELU') return false;
    if (!work.takesAll('ReLU', 'Power', 'Sigmoid', 'Eltwise') || !work.giveOwnTop(step)) return false;
    const alpha = step.layer.elu_param?.alpha ?? 1;
    const x = step.bottoms[0]!;
    const { shape } = x;
    const power = (settings: { power?: number; scale?: number; shift?: number }) => ({
      type: 'Power',
      power_param: settings,
    });
    const upper = work.before(step, 'positive', { type: 'ReLU' }, [x], shape);
    const minus = work.before(step, 'minus', power({ scale: -1 }), [x], shape);
    const below = work.before(step, 'below', { type: 'ReLU' }, [minus], shape);
    const lower = work.before(step, 'negative', power({ scale: -1 }), [below], shape);
    const s = work.before(step, 'sigmoid', { type: 'Sigmoid' }, [lower], shape);
    const inverse = work.before(step, 'inverse', power({ power: -1, scale: -1, shift: 1 }), [s], shape);
    const prod = { type: 'Eltwise', eltwise_param: { operation: EltwiseOp.PROD } };
    const exp = work.before(step, 'exp', prod, [s, inverse], shape);
    const curve = work.before(step, 'curve', power({ scale: alpha, shift: -alpha }), [exp], shape);
    work.become(step, { type: 'Eltwise', eltwise_param: { operation: EltwiseOp.SUM } }, [upper, curve]);
    return true;
  },
};
