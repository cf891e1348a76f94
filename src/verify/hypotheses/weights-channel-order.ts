/** weights-channel-order: the weights of a layer that reads an image take its colours the other way round. */
import { reversed } from '../tensors.js';
import { packingEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const weightsChannelOrder: Hypothesis = {
  id: 'weights-channel-order',
  title: 'the weights are for RGB where the input is BGR, or the other way round',
  *variants(suspect): Generator<Variant> {
    const [weights, ...others] = suspect.blobs;
    if (suspect.type !== 'Convolution' || weights?.shape[1] !== 3 || suspect.bottoms[0]?.shape[1] !== 3) return;
    yield {
      label: 'input channels reversed',
      explanation:
        'the weights take the three channels in reverse: they are for RGB where BGR is fed, or the other way round.',
      change: { blobs: () => [reversed(weights, 1), ...others] },
      fix: packingEdit(suspect, 'weight', 'w', 'w[:, ::-1]'),
    };
  },
};
