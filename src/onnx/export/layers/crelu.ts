/** CReLU: Relu or LeakyRelu of both signs, joined. */
import { CReLULayer } from '../../../layers/crelu.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import { axisIn } from '../axis.js';
import type { LayerExport } from '../layer-export.js';

export const crelu: LayerExport = {
  layers: [CReLULayer],
  becomes: 'Relu or LeakyRelu of both signs, joined',
  emit: ({ ops, param, bottoms: [x] }) => {
    const given = settingsOf<{ negative_slope: number; concat_axis: number }>(param, 'crelu_param');
    const { negative_slope: slope = 0, concat_axis: axis = 1 } = given;
    const both = [x!, ops.unary('Neg', x!)].map((side) =>
      slope === 0 ? ops.unary('Relu', side) : ops.unary('LeakyRelu', side, { alpha: { float: slope } }),
    );
    return [ops.concat(both, axisIn(x!, axis))];
  },
};
