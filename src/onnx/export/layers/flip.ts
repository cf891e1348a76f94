/** Flip: ONNX's Slice with steps of −1. */
import { FlipLayer } from '../../../layers/flip.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { LayerExport } from '../layer-export.js';

export const flip: LayerExport = {
  layers: [FlipLayer],
  becomes: 'Slice with steps of −1',
  emit: ({ ops, param, bottoms: [x] }) => {
    const given = settingsOf<{ flip_width: boolean; flip_height: boolean }>(param, 'flip_param');
    const { flip_width: width = true, flip_height: height = false } = given;
    const axes = x!.shape.length;
    return [ops.reverse(x!, [...(height ? [axes - 2] : []), ...(width ? [axes - 1] : [])])];
  },
};
