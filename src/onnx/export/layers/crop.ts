/** Crop: ONNX's Slice to the size that the second bottom has. */
import { CropLayer } from '../../../layers/crop.js';
import { resolve } from '../../../proto/message.js';
import { axisIn } from '../axis.js';
import type { LayerExport } from '../layer-export.js';

export const crop: LayerExport = {
  layers: [CropLayer],
  becomes: 'Slice to the size that the second bottom has',
  emit: ({ ops, param, bottoms: [x], topShapes: [shape] }) => {
    const { axis, offset } = resolve('CropParameter', param.crop_param);
    const first = axisIn(x!, axis);
    const ranges = shape!.map((size, i) => {
      const start = i < first ? 0 : offset.length > 1 ? offset[i - first]! : (offset[0] ?? 0);
      return { axis: i, start, end: start + size };
    });
    return [ops.slice(x!, ranges)];
  },
};
