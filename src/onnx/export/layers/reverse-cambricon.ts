/** Reverse of Cambricon: ONNX's Slice of the channels with steps of −1. */
import { ReverseCambriconLayer } from '../../../layers/reverse-cambricon.js';
import type { LayerExport } from '../layer-export.js';

export const reverseCambricon: LayerExport = {
  layers: [ReverseCambriconLayer],
  becomes: 'Slice of the channels with steps of −1',
  emit: ({ ops, bottoms: [x] }) => [ops.reverse(x!, [1])],
};
