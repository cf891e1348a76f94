/** LpNormalization: Div by the norm, which ReduceL1 or ReduceL2 gives, or Pow and ReduceSum. */
import { LpNormalizationLayer } from '../../../layers/lp-normalization.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import { axisIn } from '../axis.js';
import type { LayerExport } from '../layer-export.js';

export const lpNormalization: LayerExport = {
  layers: [LpNormalizationLayer],
  becomes: 'Div by the norm, which ReduceL1 or ReduceL2 gives, or Pow and ReduceSum',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { axis = [], p = 2 } = settingsOf<{ axis: number[]; p: number }>(param, 'lp_normalization_param');
    const axes = [...new Set(axis.map((each) => axisIn(x!, each)))];
    if (axes.length > 0 && (p === 1 || p === 2))
      return [ops.div(x!, ops.reduce(p === 1 ? 'ReduceL1' : 'ReduceL2', x!, axes))];
    const powers = ops.pow(ops.unary('Abs', x!), p);
    return [ops.div(x!, ops.pow(ops.reduce('ReduceSum', powers, axes), 1 / p))];
  },
};
