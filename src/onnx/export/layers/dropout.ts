/** Dropout: nothing in testing, or Mul with scale_train: false. */
import { Phase } from '../../../generated/messages.js';
import { dropoutScale, DropoutLayer } from '../../../layers/dropout.js';
import { Refusal } from '../../graph/attributes.js';
import type { LayerExport } from '../layer-export.js';

export const dropout: LayerExport = {
  layers: [DropoutLayer],
  becomes: 'nothing, or Identity; Mul with `scale_train: false`',
  emit: ({ ops, phase, param, bottoms: [x] }) => {
    if (phase === Phase.TRAIN)
      throw new Refusal('it drops values at random in phase TRAIN', 'export the net in phase TEST');
    const scale = dropoutScale(param);
    return [scale === 1 ? x! : ops.mul(x!, scale)];
  },
};
