/** Permute of SSD: ONNX's Transpose. */
import { PermuteLayer } from '../../../layers/permute.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { LayerExport } from '../layer-export.js';

export const permute: LayerExport = {
  layers: [PermuteLayer],
  becomes: 'Transpose',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { order = [] } = settingsOf<{ order: number[] }>(param, 'permute_param');
    const rest = x!.shape.map((_, axis) => axis).filter((axis) => !order.includes(axis));
    return [ops.transpose(x!, [...order, ...rest])];
  },
};
