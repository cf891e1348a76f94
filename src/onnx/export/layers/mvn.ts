/** MVN: ReduceMean, for the mean and for the variance; eps is added to the root, not under it. */
import { MVNLayer } from '../../../layers/mvn.js';
import { resolve } from '../../../proto/message.js';
import type { LayerExport } from '../layer-export.js';

export const mvn: LayerExport = {
  layers: [MVNLayer],
  becomes: 'ReduceMean of the values and of their squares, Sqrt, Add, Div',
  emit: ({ ops, param, bottoms: [x], topShapes: [shape] }) => {
    const { across_channels: across, normalize_variance: hasVariance, eps } = resolve('MVNParameter', param.mvn_param);
    const images = ops.reshape(x!, shape!);
    const axes = across ? [1, 2, 3] : [2, 3];
    const centred = ops.sub(images, ops.reduce('ReduceMean', images, axes));
    if (!hasVariance) return [centred];
    const variance = ops.reduce('ReduceMean', ops.mul(centred, centred), axes);
    return [ops.div(centred, ops.add(ops.unary('Sqrt', variance), eps))];
  },
};
