/** Flatten: ONNX's Reshape. */
import { FlattenLayer } from '../../../layers/flatten.js';
import type { LayerExport } from '../layer-export.js';

export const flatten: LayerExport = {
  layers: [FlattenLayer],
  becomes: 'Reshape',
  emit: ({ ops, bottoms: [x], topShapes: [shape] }) => [ops.reshape(x!, shape!)],
};
