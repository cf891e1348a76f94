/** SigmoidCrossEntropyLoss: max(x, 0) − x · target + log(1 + e^−|x|), summed over the positions that count. */
import { LossParameter_NormalizationMode as Mode } from '../../../generated/messages.js';
import { normalizationMode } from '../../../layers/shared/loss.js';
import { SigmoidCrossEntropyLossLayer } from '../../../layers/sigmoid-cross-entropy-loss.js';
import { product } from '../../../shapes.js';
import { normalized, sumOver } from '../labels.js';
import type { LayerExport } from '../layer-export.js';

export const sigmoidCrossEntropyLoss: LayerExport = {
  layers: [SigmoidCrossEntropyLossLayer],
  becomes: 'Relu, Mul, Softplus of −|x|, ReduceSum',
  emit: ({ ops, param, bottoms: [x, given] }) => {
    const ignore = param.loss_param?.ignore_label;
    const target = ops.reshape(given!, x!.shape);
    const linear = ops.sub(ops.unary('Relu', x!), ops.mul(x!, target));
    const losses = ops.add(linear, ops.unary('Softplus', ops.unary('Neg', ops.unary('Abs', x!))));
    const counts = ignore === undefined ? undefined : ops.not(ops.equal(ops.cast(target, 'int64'), ignore));
    const mode = normalizationMode(param.loss_param, Mode.BATCH_SIZE);
    const sizes = { counts, outer: x!.shape[0] ?? 1, inner: product(x!.shape, 1) };
    return [normalized(ops, sumOver(ops, losses, counts), mode, sizes)];
  },
};
