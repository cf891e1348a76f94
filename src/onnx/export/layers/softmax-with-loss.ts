/** SoftmaxWithLoss: Softmax, and the mean of −Log at the labels. */
import { LossParameter_NormalizationMode as Mode } from '../../../generated/messages.js';
import { normalizationMode } from '../../../layers/shared/loss.js';
import { SoftmaxWithLossLayer } from '../../../layers/softmax-with-loss.js';
import { resolve } from '../../../proto/message.js';
import { axisIn } from '../axis.js';
import { atLabels, labelsOf, normalized, sumOver } from '../labels.js';
import type { LayerExport } from '../layer-export.js';

/** C's FLT_MIN, below which a probability counts as this much. */
const FLT_MIN = 2 ** -126;

export const softmaxWithLoss: LayerExport = {
  layers: [SoftmaxWithLossLayer],
  becomes: 'Softmax, GatherElements at the labels, Log, ReduceSum',
  isOneWay: true,
  emit: ({ ops, param, bottoms: [scores, given], topShapes }) => {
    const axis = axisIn(scores!, resolve('SoftmaxParameter', param.softmax_param).axis);
    const labels = labelsOf(ops, given!, scores!.shape, axis, param.loss_param?.ignore_label);
    const { outer, inner, size, counts } = labels;
    const probabilities = ops.softmax(scores!, axis);
    const values = ops.reshape(probabilities, [outer, size, inner]);
    const losses = ops.unary('Neg', ops.unary('Log', ops.max(atLabels(ops, values, labels), FLT_MIN)));
    const mode = normalizationMode(param.loss_param, Mode.VALID);
    const loss = normalized(ops, sumOver(ops, losses, counts), mode, labels);
    return topShapes.length > 1 ? [loss, probabilities] : [loss];
  },
};
