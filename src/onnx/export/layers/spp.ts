/** SPP: a pooling for each level, flattened and joined. */
import { SPPParameter_PoolMethod as Method } from '../../../generated/messages.js';
import { SPPLayer } from '../../../layers/spp.js';
import { resolve } from '../../../proto/message.js';
import type { LayerExport } from '../layer-export.js';
import { averagePool, maxPool, type PoolAxis } from '../pooling.js';

export const spp: LayerExport = {
  layers: [SPPLayer],
  becomes: 'MaxPool or AveragePool for each level, Reshape, Concat',
  emit: ({ ops, param, bottoms: [x], topShapes: [top] }) => {
    const { pool, pyramid_height: levels } = resolve('SPPParameter', param.spp_param);
    const [num, channels, ...sizes] = x!.shape as [number, number, number, number];
    const pooled = Array.from({ length: levels }, (_, level) => {
      const bins = 2 ** level;
      const window = sizes.map((size): PoolAxis => {
        const kernel = Math.ceil(size / bins);
        const pad = Math.trunc((kernel * bins - size + 1) / 2);
        return { kernel, stride: kernel, before: pad, behind: pad };
      });
      const out = window.map(({ kernel, before }, i) => pooledSize(sizes[i]!, kernel, before));
      const shape = [num, channels, ...out];
      return pool === Method.AVE ? averagePool(ops, x!, shape, window) : maxPool(ops, x!, shape, window)[0]!;
    });
    if (levels === 1) return pooled;
    const rows = pooled.map((y) => ops.reshape(y, [num, y.shape[1]! * y.shape[2]! * y.shape[3]!]));
    return [ops.reshape(ops.concat(rows, 1), top!)];
  },
};

/** Windows along an axis, as Caffe counts them. */
function pooledSize(size: number, kernel: number, pad: number): number {
  const out = Math.ceil(Math.fround(Math.fround(size + 2 * pad - kernel) / kernel)) + 1;
  return pad > 0 && (out - 1) * kernel >= size + pad ? out - 1 : out;
}
