/** PReLU: ONNX's PRelu, whose slopes lie along the channels. */
import { PReLULayer } from '../../../layers/prelu.js';
import type { LayerExport } from '../layer-export.js';

export const prelu: LayerExport = {
  layers: [PReLULayer],
  becomes: 'PRelu, whose slopes lie along the channels',
  emit: ({ ops, layer, blob, bottoms: [x] }) => {
    const behind = x!.shape.slice(2).map(() => 1);
    const slope = blob(0, layer.blobs[0]!.count === 1 ? [1] : [layer.blobs[0]!.count, ...behind]);
    return [ops.node('PRelu', [x, slope], x!.shape)];
  },
};
