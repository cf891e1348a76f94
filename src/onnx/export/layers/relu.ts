/** ReLU: ONNX's Relu, or LeakyRelu with a slope. */
import { ReLULayer } from '../../../layers/relu.js';
import { resolve } from '../../../proto/message.js';
import type { LayerExport } from '../layer-export.js';

export const relu: LayerExport = {
  layers: [ReLULayer],
  becomes: 'Relu, or LeakyRelu with a slope',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { negative_slope: slope } = resolve('ReLUParameter', param.relu_param);
    return [slope === 0 ? ops.unary('Relu', x!) : ops.unary('LeakyRelu', x!, { alpha: { float: slope } })];
  },
};
