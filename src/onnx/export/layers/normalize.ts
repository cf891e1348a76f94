/** Normalize of SSD: Div by the root of the sum of squares, times a learned scale. */
import { NormalizeLayer } from '../../../layers/normalize.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import { range } from '../axis.js';
import type { LayerExport } from '../layer-export.js';

interface Settings {
  across_spatial: boolean;
  eps: number;
  add_eps_before_sqrt: boolean;
}

export const normalize: LayerExport = {
  layers: [NormalizeLayer],
  becomes: 'ReduceSumSquare, Sqrt, Div, Mul',
  emit: ({ ops, layer, param, blob, bottoms: [x] }) => {
    const given = settingsOf<Settings>(param, 'norm_param');
    const { across_spatial: across = true, eps = 1e-10, add_eps_before_sqrt: inside = true } = given;
    const axes = across ? range(1, x!.shape.length) : [1];
    const sum = ops.reduce('ReduceSumSquare', x!, axes);
    const norm = inside ? ops.unary('Sqrt', ops.add(sum, eps)) : ops.add(ops.unary('Sqrt', sum), eps);
    const scale = layer.blobs[0]!.count === 1 ? [] : [x!.shape[1]!, ...x!.shape.slice(2).map(() => 1)];
    return [ops.mul(ops.div(x!, norm), blob(0, scale))];
  },
};
