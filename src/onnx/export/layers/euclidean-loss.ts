/** EuclideanLoss: half the sum of squared differences, divided by the batch. */
import { EuclideanLossLayer } from '../../../layers/euclidean-loss.js';
import { sumOver } from '../labels.js';
import type { LayerExport } from '../layer-export.js';

export const euclideanLoss: LayerExport = {
  layers: [EuclideanLossLayer],
  becomes: 'Sub, Mul, ReduceSum, Div',
  emit: ({ ops, bottoms: [a, b] }) => {
    const difference = ops.sub(a!, ops.reshape(b!, a!.shape));
    return [ops.div(sumOver(ops, ops.mul(difference, difference), undefined), 2 * (a!.shape[0] ?? 1))];
  },
};
