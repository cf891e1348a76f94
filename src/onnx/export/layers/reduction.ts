/** Reduction: ReduceSum, ReduceL1, ReduceSumSquare or ReduceMean of the last axes, times the coefficient. */
import { ReductionParameter_ReductionOp as Operation } from '../../../generated/messages.js';
import { ReductionLayer } from '../../../layers/reduction.js';
import { resolve } from '../../../proto/message.js';
import { Refusal } from '../../graph/attributes.js';
import { axisIn, range } from '../axis.js';
import type { LayerExport } from '../layer-export.js';
import type { Reduction } from '../ops.js';

const OPERATORS: Readonly<Partial<Record<Operation, Reduction>>> = {
  [Operation.SUM]: 'ReduceSum',
  [Operation.ASUM]: 'ReduceL1',
  [Operation.SUMSQ]: 'ReduceSumSquare',
  [Operation.MEAN]: 'ReduceMean',
};

export const reduction: LayerExport = {
  layers: [ReductionLayer],
  becomes: 'ReduceSum, ReduceL1, ReduceSumSquare or ReduceMean of the last axes, times the coefficient',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { axis, operation, coeff } = resolve('ReductionParameter', param.reduction_param);
    const axes = range(axisIn(x!, axis), x!.shape.length);
    const operator = OPERATORS[operation];
    if (!operator) throw new Refusal(`its operation ${operation} is a fork's`, 'cut the net before it');
    const y = ops.reduce(operator, x!, axes, false);
    return [coeff === 1 ? y : ops.mul(y, coeff)];
  },
};
