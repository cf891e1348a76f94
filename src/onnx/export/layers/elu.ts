/** ELU: ONNX's Elu. */
import { ELULayer } from '../../../layers/elu.js';
import { resolve } from '../../../proto/message.js';
import type { LayerExport } from '../layer-export.js';

export const elu: LayerExport = {
  layers: [ELULayer],
  becomes: 'Elu',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { alpha } = resolve('ELUParameter', param.elu_param);
    return [ops.unary('Elu', x!, { alpha: { float: alpha } })];
  },
};
