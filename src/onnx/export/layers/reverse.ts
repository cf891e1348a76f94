/** Reverse: ONNX's Slice with steps of −1. */
import { ReverseLayer } from '../../../layers/reverse.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import { axisIn } from '../axis.js';
import type { LayerExport } from '../layer-export.js';

export const reverse: LayerExport = {
  layers: [ReverseLayer],
  becomes: 'Slice with steps of −1',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { axis = 0 } = settingsOf<{ axis: number | number[] }>(param, 'reverse_param');
    return [
      ops.reverse(
        x!,
        [axis].flat().map((each) => axisIn(x!, each)),
      ),
    ];
  },
};
