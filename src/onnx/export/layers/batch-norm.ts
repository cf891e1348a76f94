/** BatchNorm: ONNX's BatchNormalization with stored statistics, or the batch's own by ReduceMean. */
import { BatchNormLayer, usesStoredStatistics } from '../../../layers/batch-norm.js';
import { resolve } from '../../../proto/message.js';
import type { LayerExport } from '../layer-export.js';

export const batchNorm: LayerExport = {
  layers: [BatchNormLayer],
  becomes: "BatchNormalization with stored statistics, or the batch's own by ReduceMean",
  emit: ({ ops, layer, param, phase, computed, remark, bottoms: [x] }) => {
    const { eps } = resolve('BatchNormParameter', param.batch_norm_param);
    const channels = x!.shape[1]!;
    if (!usesStoredStatistics(param, phase)) {
      remark('the statistics are those of the batch, and are not remembered');
      const axes = x!.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
      const centred = ops.sub(x!, ops.reduce('ReduceMean', x!, axes));
      const variance = ops.reduce('ReduceMean', ops.mul(centred, centred), axes);
      return [ops.div(centred, ops.unary('Sqrt', ops.add(variance, eps)))];
    }
    // The third blob divides the other two; a divisor of 0 makes them 0.
    const divided = (values: Float32Array, [divisor]: Float32Array): Float32Array => {
      const factor = divisor === 0 ? 0 : Math.fround(1 / divisor!);
      return values.map((value) => value * factor);
    };
    const mean = computed('mean', [channels], [0, 2], (values, divisor) => divided(values, divisor));
    const variance = computed('variance', [channels], [1, 2], (values, divisor) => divided(values, divisor));
    const [ones, zeros] = [1, 0].map((value) => ops.floats(new Float32Array(layer.blobs[0]!.count).fill(value)));
    const attributes = { epsilon: { float: eps } };
    return [ops.node('BatchNormalization', [x, ones, zeros, mean, variance], x!.shape, attributes)];
  },
};
