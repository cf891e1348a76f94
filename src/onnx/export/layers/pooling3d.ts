/** Pooling3D of Synopsys: MaxPool and AveragePool over three axes. */
import { Pooling3DLayer } from '../../../layers/pooling3d.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { LayerExport } from '../layer-export.js';
import { averagePool, maxPool, type PoolAxis } from '../pooling.js';

type Settings = Partial<Record<`${'pad' | 'kernel' | 'stride'}_${string}` | 'pad' | 'stride' | 'pool', number>> & {
  global_pooling?: boolean;
};

/** Values of `pool`. */
const Method = { MAX: 0, AVE: 1, AVE_EXC_PAD: 2 } as const;

export const pooling3d: LayerExport = {
  layers: [Pooling3DLayer],
  becomes: 'MaxPool and AveragePool over three axes',
  emit: ({ ops, param, bottoms: [x], topShapes: [shape] }) => {
    const s: Settings = settingsOf<Settings>(param, 'pooling3d_param');
    const window = (['d', 'h', 'w'] as const).map((axis, i): PoolAxis => ({
      kernel: s.global_pooling ? x!.shape[i + 2]! : (s.kernel_size ?? s[`kernel_${axis}`] ?? 0),
      stride: s.stride ?? s[`stride_${axis}`] ?? 1,
      before: s.pad ?? s[`pad_${axis}0`] ?? 0,
      behind: s.pad ?? s[`pad_${axis}1`] ?? 0,
    }));
    const { pool = Method.MAX } = s;
    if (pool === Method.MAX) return [maxPool(ops, x!, shape!, window)[0]!];
    return [averagePool(ops, x!, shape!, window, pool === Method.AVE_EXC_PAD ? 'inside' : 'padded')];
  },
};
