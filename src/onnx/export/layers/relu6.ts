/** ReLU6: ONNX's Clip, after LeakyRelu where there is a slope. */
import { ReLU6Layer } from '../../../layers/relu6.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { LayerExport } from '../layer-export.js';

export const relu6: LayerExport = {
  layers: [ReLU6Layer],
  becomes: 'Clip, after LeakyRelu where there is a slope',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { negative_slope: slope = 0 } = settingsOf<{ negative_slope: number }>(param, 'relu6_param');
    if (slope === 0) return [ops.clip(x!, 0, 6)];
    return [ops.clip(ops.unary('LeakyRelu', x!, { alpha: { float: slope } }), undefined, 6)];
  },
};
