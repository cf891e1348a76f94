/** Pad of Synopsys: ONNX's Pad. */
import { PadLayer } from '../../../layers/pad.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { LayerExport } from '../layer-export.js';

export const pad: LayerExport = {
  layers: [PadLayer],
  becomes: 'Pad',
  emit: ({ ops, param, bottoms: [x] }) => {
    const given = settingsOf<{ paddings: number[]; constant_values: number }>(param, 'pad_param');
    const { paddings = [], constant_values: value = 0 } = given;
    const side = (k: number): number[] => x!.shape.map((_, axis) => paddings[2 * axis + k]!);
    return [ops.pad(x!, side(0), side(1), value)];
  },
};
