/** Dropout: nothing in testing. */
import { Phase } from '../../../generated/messages.js';
import { DropoutLayer } from '../../../layers/dropout.js';
import { Refusal } from '../../graph/attributes.js';
import type { LayerExport } from '../layer-export.js';

export const dropout: LayerExport = {
  layers: [DropoutLayer],
  becomes: 'nothing, or Identity',
  emit: ({ phase, bottoms: [x] }) => {
    if (phase === Phase.TRAIN)
      throw new Refusal('it drops values at random in phase TRAIN', 'export the net in phase TEST');
    return [x!];
  },
};
