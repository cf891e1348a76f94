/** TanH: ONNX's Tanh. */
import { TanHLayer } from '../../../layers/tanh.js';
import type { LayerExport } from '../layer-export.js';

export const tanH: LayerExport = {
  layers: [TanHLayer],
  becomes: 'Tanh',
  emit: ({ ops, bottoms: [x] }) => [ops.unary('Tanh', x!)],
};
