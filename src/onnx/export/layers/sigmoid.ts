/** Sigmoid: ONNX's Sigmoid. */
import { SigmoidLayer } from '../../../layers/sigmoid.js';
import type { LayerExport } from '../layer-export.js';

export const sigmoid: LayerExport = {
  layers: [SigmoidLayer],
  becomes: 'Sigmoid',
  emit: ({ ops, bottoms: [x] }) => [ops.unary('Sigmoid', x!)],
};
