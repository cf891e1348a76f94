/** Interp: ONNX's Resize with aligned corners, after Slice where the padding crops. */
import { InterpLayer } from '../../../layers/interp.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { LayerExport } from '../layer-export.js';

export const interp: LayerExport = {
  layers: [InterpLayer],
  becomes: 'Resize with aligned corners, after Slice where the padding crops',
  emit: ({ ops, param, bottoms: [x], topShapes: [shape] }) => {
    const given = settingsOf<{ pad_beg: number; pad_end: number }>(param, 'interp_param');
    const { pad_beg: begin = 0, pad_end: end = 0 } = given;
    const inner = [2, 3].map((axis) => ({ axis, start: -begin, end: x!.shape[axis]! + end }));
    return [ops.resize(ops.slice(x!, inner), shape!, { mode: 'linear', coordinates: 'align_corners' })];
  },
};
