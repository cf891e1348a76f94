/** Cosine: ONNX's Cos. */
import { CosineLayer } from '../../../layers/cosine.js';
import type { LayerExport } from '../layer-export.js';

export const cosine: LayerExport = {
  layers: [CosineLayer],
  becomes: 'Cos',
  isOneWay: true,
  emit: ({ ops, bottoms: [x] }) => [ops.unary('Cos', x!)],
};
