/** HardSigmoid: ONNX's HardSigmoid. */
import { HardSigmoidLayer } from '../../../layers/hard-sigmoid.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { LayerExport } from '../layer-export.js';

export const hardSigmoid: LayerExport = {
  layers: [HardSigmoidLayer],
  becomes: 'HardSigmoid',
  emit: ({ ops, param, bottoms: [x] }) => {
    const given = settingsOf<{ alpha: number; beta: number }>(param, 'hard_sigmoid_param');
    const { alpha = 0.2, beta = 0.5 } = given;
    return [ops.unary('HardSigmoid', x!, { alpha: { float: alpha }, beta: { float: beta } })];
  },
};
