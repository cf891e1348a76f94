/** Pooling3D of Cambricon: MaxPool and AveragePool over three axes. */
import { Pooling3DCambriconLayer } from '../../../layers/pooling3d-cambricon.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { LayerExport } from '../layer-export.js';
import { averagePool, maxPool, type PoolAxis } from '../pooling.js';

interface Settings {
  pool: number;
  kernel_size: number;
  stride: number;
  pad: number;
  kernel_depth: number;
  temporal_stride: number;
}

/** Value of `pool: MAX`. */
const MAX = 0;

export const pooling3dCambricon: LayerExport = {
  layers: [Pooling3DCambriconLayer],
  becomes: 'MaxPool and AveragePool over three axes',
  emit: ({ ops, param, bottoms: [x], topShapes: [shape] }) => {
    const given = settingsOf<Settings>(param, 'pooling3d_param');
    const { pool = MAX, kernel_size = 1, stride = 1, pad = 0, kernel_depth = 1, temporal_stride = 1 } = given;
    const axis = (kernel: number, step: number, padding: number): PoolAxis => ({
      kernel,
      stride: step,
      before: padding,
      behind: padding,
    });
    const plane = axis(kernel_size, stride, pad);
    const window = [axis(kernel_depth, temporal_stride, 0), plane, plane];
    return [pool === MAX ? maxPool(ops, x!, shape!, window)[0]! : averagePool(ops, x!, shape!, window)];
  },
};
