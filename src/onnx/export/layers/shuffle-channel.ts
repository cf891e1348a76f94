/** ShuffleChannel: Reshape, Transpose, Reshape. */
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import { ShuffleChannelLayer } from '../../../layers/shuffle-channel.js';
import type { LayerExport } from '../layer-export.js';

export const shuffleChannel: LayerExport = {
  layers: [ShuffleChannelLayer],
  becomes: 'Reshape, Transpose, Reshape',
  emit: ({ ops, param, bottoms: [x] }) => {
    const { group = 1 } = settingsOf<{ group: number }>(param, 'shuffle_channel_param');
    if (group === 1) return [x!];
    const [num, channels, ...inner] = x!.shape as [number, number, ...number[]];
    const grouped = ops.reshape(x!, [num, group, channels / group, ...inner]);
    const perm = grouped.shape.map((_, axis) => (axis === 1 ? 2 : axis === 2 ? 1 : axis));
    return [ops.reshape(ops.transpose(grouped, perm), x!.shape)];
  },
};
