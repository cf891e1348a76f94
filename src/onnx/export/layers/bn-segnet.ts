/** BN of SegNet: Mul and Add, after ReduceMean of the batch unless bn_mode says INFERENCE. */
import { BNSegNetLayer } from '../../../layers/bn-segnet.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { LayerExport } from '../layer-export.js';

/** Value of `bn_mode: INFERENCE`. */
const INFERENCE = 1;
const EPS = 1e-9;

export const bnSegNet: LayerExport = {
  layers: [BNSegNetLayer],
  becomes: 'Mul and Add, after ReduceMean of the batch unless bn_mode says INFERENCE',
  emit: ({ ops, param, blob, remark, bottoms: [x] }) => {
    const along = [1, x!.shape[1]!, ...x!.shape.slice(2).map(() => 1)];
    let y = x!;
    if (settingsOf<{ bn_mode: number }>(param, 'bn_param').bn_mode !== INFERENCE) {
      remark('the statistics are those of the batch, as bn_mode LEARN has them');
      const axes = x!.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
      const centred = ops.sub(y, ops.reduce('ReduceMean', y, axes));
      const variance = ops.reduce('ReduceMean', ops.mul(centred, centred), axes);
      y = ops.div(centred, ops.unary('Sqrt', ops.add(variance, EPS)));
    }
    return [ops.add(ops.mul(y, blob(0, along)), blob(1, along))];
  },
};
