/** MultinomialLogisticLoss: the mean of −Log at the labels. */
import { MultinomialLogisticLossLayer } from '../../../layers/multinomial-logistic-loss.js';
import { LOG_THRESHOLD } from '../../../layers/shared/loss.js';
import { product } from '../../../shapes.js';
import { atLabels, labelsOf, sumOver } from '../labels.js';
import type { LayerExport } from '../layer-export.js';

export const multinomialLogisticLoss: LayerExport = {
  layers: [MultinomialLogisticLossLayer],
  becomes: 'GatherElements at the labels, Log, ReduceSum',
  isOneWay: true,
  emit: ({ ops, bottoms: [probabilities, given] }) => {
    const shape = [probabilities!.shape[0]!, product(probabilities!.shape, 1), 1];
    const values = ops.reshape(probabilities!, shape);
    const logs = ops.unary(
      'Log',
      ops.max(atLabels(ops, values, labelsOf(ops, given!, shape, 1, undefined)), LOG_THRESHOLD),
    );
    return [ops.div(sumOver(ops, logs, undefined), -shape[0]!)];
  },
};
