/** Reshape: ONNX's Reshape with all dimensions said. */
import { ReshapeLayer } from '../../../layers/reshape.js';
import type { LayerExport } from '../layer-export.js';

export const reshape: LayerExport = {
  layers: [ReshapeLayer],
  becomes: 'Reshape with all dimensions said',
  emit: ({ ops, bottoms: [x], topShapes: [shape] }) => [ops.reshape(x!, shape!)],
};
