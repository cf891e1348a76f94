/** UpsampleDarknet: ONNX's Resize that repeats pixels. */
import { UpsampleDarknetLayer } from '../../../layers/upsample-darknet.js';
import type { LayerExport } from '../layer-export.js';
import { repeatPixels } from '../unpool.js';

export const upsampleDarknet: LayerExport = {
  layers: [UpsampleDarknetLayer],
  becomes: 'Resize that repeats pixels',
  emit: ({ ops, bottoms: [x], topShapes: [shape] }) => [repeatPixels(ops, x!, shape!)],
};
