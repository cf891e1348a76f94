/** ImResize: ONNX's cubic Resize, whose kernel is OpenCV's by default. */
import { ImResizeLayer } from '../../../layers/im-resize.js';
import type { LayerExport } from '../layer-export.js';

export const imResize: LayerExport = {
  layers: [ImResizeLayer],
  becomes: 'Resize, cubic',
  isOneWay: true,
  emit: ({ ops, bottoms: [x], topShapes: [shape] }) => [
    ops.resize(x!, shape!, { mode: 'cubic', coordinates: 'half_pixel' }),
  ],
};
