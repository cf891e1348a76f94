/** HingeLoss: Relu of what each score lacks, summed, or its squares. */
import { HingeLossParameter_Norm as Norm } from '../../../generated/messages.js';
import { HingeLossLayer } from '../../../layers/hinge-loss.js';
import { resolve } from '../../../proto/message.js';
import { product } from '../../../shapes.js';
import { countOf } from '../graph-builder.js';
import { isOfClass, labelsOf, sumOver } from '../labels.js';
import type { LayerExport } from '../layer-export.js';

export const hingeLoss: LayerExport = {
  layers: [HingeLossLayer],
  becomes: 'Relu of what each score lacks, summed, or its squares',
  isOneWay: true,
  emit: ({ ops, param, bottoms: [scores, given] }) => {
    const { norm } = resolve('HingeLossParameter', param.hinge_loss_param);
    const num = scores!.shape[0]!;
    const shape = [num, product(scores!.shape, 1), 1];
    const values = ops.reshape(scores!, shape);
    // Labels behind those of the items are not read.
    const first = ops.slice(ops.reshape(given!, [countOf(given!)]), [{ axis: 0, start: 0, end: num }]);
    const isTrue = isOfClass(ops, labelsOf(ops, first, shape, 1, undefined));
    const lacks = ops.unary('Relu', ops.add(ops.where(isTrue, ops.unary('Neg', values), values), 1));
    return [ops.div(sumOver(ops, norm === Norm.L2 ? ops.mul(lacks, lacks) : lacks, undefined), num)];
  },
};
