/** Padding of Sophgo: ONNX's Pad of the last two axes. */
import { PaddingLayer } from '../../../layers/padding.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { LayerExport } from '../layer-export.js';

interface Settings {
  pad_l: number;
  pad_r: number;
  pad_t: number;
  pad_b: number;
  pad_value: number;
}

export const padding: LayerExport = {
  layers: [PaddingLayer],
  becomes: 'Pad of the last two axes',
  emit: ({ ops, param, bottoms: [x] }) => {
    const given = settingsOf<Settings>(param, 'padding_param');
    const { pad_l = 0, pad_r = 0, pad_t = 0, pad_b = 0, pad_value = 0 } = given;
    const outer = x!.shape.slice(0, -2).map(() => 0);
    return [ops.pad(x!, [...outer, pad_t, pad_l], [...outer, pad_b, pad_r], pad_value)];
  },
};
