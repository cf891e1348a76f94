/** Slice: ONNX's Split. */
import { SliceLayer } from '../../../layers/slice.js';
import { resolve } from '../../../proto/message.js';
import { axisIn } from '../axis.js';
import type { LayerExport } from '../layer-export.js';

export const slice: LayerExport = {
  layers: [SliceLayer],
  becomes: 'Split',
  emit: ({ ops, param, bottoms: [x], topShapes }) => {
    const { axis: given } = resolve('SliceParameter', param.slice_param);
    const axis = axisIn(x!, param.slice_param?.slice_dim ?? given);
    const sizes = topShapes.map((shape) => shape[axis]!);
    return ops.split(x!, axis, sizes);
  },
};
