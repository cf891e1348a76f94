/** Upsample of YOLO's converters: ONNX's Resize that repeats pixels. */
import { UpsampleLayer } from '../../../layers/upsample.js';
import type { LayerExport } from '../layer-export.js';
import { repeatPixels } from '../unpool.js';

export const upsample: LayerExport = {
  layers: [UpsampleLayer],
  becomes: 'Resize that repeats pixels',
  emit: ({ ops, bottoms: [x], topShapes: [shape] }) => [repeatPixels(ops, x!, shape!)],
};
