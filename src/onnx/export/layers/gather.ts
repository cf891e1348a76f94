/** Gather of Synopsys: ONNX's Gather with constant indices. */
import { GatherLayer } from '../../../layers/gather.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import { axisIn } from '../axis.js';
import type { LayerExport } from '../layer-export.js';

export const gather: LayerExport = {
  layers: [GatherLayer],
  becomes: 'Gather with constant indices',
  emit: ({ ops, param, bottoms: [x] }) => {
    const given = settingsOf<{ indices: number[]; shape: number[]; axis: number }>(param, 'gather_param');
    const { indices = [], shape = [], axis = 0 } = given;
    const isScalar = shape.length === 1 && shape[0] === 0;
    return [ops.gather(x!, ops.ints(indices, isScalar ? [] : shape), axisIn(x!, axis))];
  },
};
