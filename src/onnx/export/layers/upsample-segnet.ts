/** Upsample of SegNet: ONNX's ScatterElements by the mask. */
import { UpsampleSegNetLayer } from '../../../layers/upsample-segnet.js';
import type { LayerExport } from '../layer-export.js';
import { unpoolByMask } from '../unpool.js';

export const upsampleSegNet: LayerExport = {
  layers: [UpsampleSegNetLayer],
  becomes: 'ScatterElements by the mask',
  isOneWay: true,
  emit: ({ ops, bottoms: [x, mask], topShapes: [shape] }) => [unpoolByMask(ops, x!, mask!, shape!)],
};
