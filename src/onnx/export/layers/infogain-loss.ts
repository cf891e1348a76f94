/** InfogainLoss: Softmax, and the mean of −Log weighted by the matrix's row of each label. */
import { LossParameter_NormalizationMode as Mode } from '../../../generated/messages.js';
import { InfogainLossLayer } from '../../../layers/infogain-loss.js';
import { LOG_THRESHOLD, normalizationMode } from '../../../layers/shared/loss.js';
import { resolve } from '../../../proto/message.js';
import { axisIn } from '../axis.js';
import { labelsOf, normalized, sumOver } from '../labels.js';
import type { LayerExport } from '../layer-export.js';

export const infogainLoss: LayerExport = {
  layers: [InfogainLossLayer],
  becomes: "Softmax, and the mean of −Log weighted by the matrix's row of each label",
  isOneWay: true,
  emit: ({ ops, param, bottoms: [scores, given, matrix], topShapes }) => {
    const axis = axisIn(scores!, resolve('InfogainLossParameter', param.infogain_loss_param).axis);
    const labels = labelsOf(ops, given!, scores!.shape, axis, param.loss_param?.ignore_label);
    const { classes, outer, inner, size, counts } = labels;
    const probabilities = ops.softmax(scores!, axis);
    const logs = ops.unary('Log', ops.max(ops.reshape(probabilities, [outer, size, inner]), LOG_THRESHOLD));
    // (outer, inner, classes): the row of the matrix that each label names.
    const rows = ops.gather(ops.reshape(matrix!, [size, size]), ops.reshape(classes, [outer, inner]), 0);
    const weighted = ops.mul(rows, ops.transpose(logs, [0, 2, 1]));
    const losses = ops.unary('Neg', ops.reshape(ops.reduce('ReduceSum', weighted, [2]), [outer, 1, inner]));
    const mode = normalizationMode(param.loss_param, Mode.VALID);
    const loss = normalized(ops, sumOver(ops, losses, counts), mode, labels);
    return topShapes.length > 1 ? [loss, probabilities] : [loss];
  },
};
