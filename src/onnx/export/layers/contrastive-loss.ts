/** ContrastiveLoss: the squared distance of similar pairs, and what the distance of others lacks to the margin. */
import { ContrastiveLossLayer } from '../../../layers/contrastive-loss.js';
import { resolve } from '../../../proto/message.js';
import { product } from '../../../shapes.js';
import { countOf } from '../graph-builder.js';
import { sumOver } from '../labels.js';
import type { LayerExport } from '../layer-export.js';

export const contrastiveLoss: LayerExport = {
  layers: [ContrastiveLossLayer],
  becomes: 'Sub, ReduceSumSquare, Sqrt, Relu, Where, ReduceSum',
  isOneWay: true,
  emit: ({ ops, param, bottoms: [a, b, similar] }) => {
    const { margin, legacy_version: isOld } = resolve('ContrastiveLossParameter', param.contrastive_loss_param);
    const pairs = a!.shape[0]!;
    const rows = [a!, b!].map((x) => ops.reshape(x, [pairs, product(a!.shape, 1)]));
    const squares = ops.reduce('ReduceSumSquare', ops.sub(rows[0]!, rows[1]!), [1], false);
    const first = ops.slice(ops.reshape(similar!, [countOf(similar!)]), [{ axis: 0, start: 0, end: pairs }]);
    const isSimilar = ops.cast(ops.cast(first, 'int64'), 'bool');
    const lack = ops.unary('Relu', ops.sub(ops.scalar(margin), isOld ? squares : ops.unary('Sqrt', squares)));
    const costs = ops.where(isSimilar, squares, isOld ? lack : ops.mul(lack, lack));
    return [ops.div(sumOver(ops, costs, undefined), 2 * pairs)];
  },
};
