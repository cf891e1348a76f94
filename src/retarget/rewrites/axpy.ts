/** axpy: SENet's Axpy → Scale by a blob, and Eltwise SUM. */
import { EltwiseParameter_EltwiseOp as EltwiseOp } from '../../generated/messages.js';
import { isRefused, type Rewrite } from '../rewrite.js';

export const axpy: Rewrite = {
  name: 'axpy',
  doc: 'Reshape, Scale and Eltwise SUM in the place of Axpy',
  apply: (marked, work) => {
    const { step } = marked;
    if (!isRefused(marked) || step.layer.type !== 'Axpy') return false;
    const [a, x, b] = step.bottoms;
    if (!work.takesAll('Scale', 'Eltwise', 'Reshape') || !work.giveOwnTop(step)) return false;
    const [num, channels] = x!.shape as [number, number];
    const shape = { dim: [0, channels] };
    const factors =
      a!.shape.length === 2
        ? a!
        : work.before(step, 'factors', { type: 'Reshape', reshape_param: { shape } }, [a!], [num, channels]);
    const scaled = work.before(step, 'scaled', { type: 'Scale', scale_param: { axis: 0 } }, [x!, factors], x!.shape);
    work.become(step, { type: 'Eltwise', eltwise_param: { operation: EltwiseOp.SUM } }, [scaled, b!]);
    return true;
  },
};
