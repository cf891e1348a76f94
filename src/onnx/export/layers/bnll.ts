/** BNLL: ONNX's Softplus. */
import { BNLLLayer } from '../../../layers/bnll.js';
import type { LayerExport } from '../layer-export.js';

export const bnll: LayerExport = {
  layers: [BNLLLayer],
  becomes: 'Softplus',
  emit: ({ ops, bottoms: [x] }) => [ops.unary('Softplus', x!)],
};
