/** Upsample of Cambricon: ONNX's Resize to the nearest pixel with aligned corners, or ScatterElements by a mask. */
import { UpsampleCambriconLayer } from '../../../layers/upsample-cambricon.js';
import type { LayerExport } from '../layer-export.js';
import { unpoolByMask } from '../unpool.js';

export const upsampleCambricon: LayerExport = {
  layers: [UpsampleCambriconLayer],
  becomes: 'Resize to the nearest pixel, or ScatterElements by a mask',
  isOneWay: true,
  emit: ({ ops, bottoms: [x, mask], topShapes: [shape] }) => {
    if (mask) return [unpoolByMask(ops, x!, mask, shape!)];
    return [ops.resize(x!, shape!, { mode: 'nearest', coordinates: 'align_corners', nearest: 'round_prefer_ceil' })];
  },
};
