/** LRN: ONNX's LRN across channels, AveragePool of the squares within one. */
import { LRNParameter_NormRegion as Region } from '../../../generated/messages.js';
import { LRNLayer } from '../../../layers/lrn.js';
import { resolve } from '../../../proto/message.js';
import type { Value } from '../graph-builder.js';
import type { LayerExport } from '../layer-export.js';
import { averagePool, type PoolAxis } from '../pooling.js';

export const lrn: LayerExport = {
  layers: [LRNLayer],
  becomes: 'LRN across channels, AveragePool of the squares within one',
  emit: ({ ops, param, bottoms: [x], inPlace }) => {
    const { local_size: size, alpha, beta, k, norm_region: region } = resolve('LRNParameter', param.lrn_param);
    const around = (size - 1) / 2;
    const window: PoolAxis = { kernel: size, stride: 1, before: around, behind: around };
    const one: PoolAxis = { kernel: 1, stride: 1, before: 0, behind: 0 };
    const scaled = (mean: Value, factor: number, offset: number) => ops.add(ops.mul(mean, factor), offset);
    const squares = () => ops.mul(x!, x!);
    if (region === Region.WITHIN_CHANNEL) {
      const mean = averagePool(ops, squares(), x!.shape, [window, window]);
      return [ops.mul(x!, ops.pow(scaled(mean, alpha, 1), -beta))];
    }
    if (!inPlace(0)) {
      const floats = { alpha: { float: alpha }, beta: { float: beta }, bias: { float: k } };
      return [ops.node('LRN', [x], x!.shape, { size, ...floats })];
    }
    // In place, Caffe overwrites x with the power before it multiplies by x.
    const [num, channels, height, width] = x!.shape as [number, number, number, number];
    const lines = ops.reshape(squares(), [num, 1, channels, height * width]);
    const mean = ops.reshape(averagePool(ops, lines, lines.shape, [window, one]), x!.shape);
    return [ops.pow(scaled(mean, alpha, k), -2 * beta)];
  },
};
