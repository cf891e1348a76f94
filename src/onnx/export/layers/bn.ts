/** BN of PSPNet and of yjxiong: ONNX's BatchNormalization. */
import { BNLayer } from '../../../layers/bn.js';
import { BNYjxiongLayer } from '../../../layers/bn-yjxiong.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { LayerExport } from '../layer-export.js';

export const bn: LayerExport = {
  layers: [BNLayer, BNYjxiongLayer],
  becomes: 'BatchNormalization',
  emit: ({ ops, param, blob, bottoms: [x] }) => {
    const { eps = 1e-5 } = settingsOf<{ eps: number }>(param, 'bn_param');
    const blobs = [0, 1, 2, 3].map((i) => blob(i, [x!.shape[1]!]));
    return [ops.node('BatchNormalization', [x, ...blobs], x!.shape, { epsilon: { float: eps } })];
  },
};
