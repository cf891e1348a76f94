/** CtcLoss: connectionist temporal classification. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer, leftOutInstead } from './shared/unsupported-layer.js';

/**
 * The loss of connectionist temporal classification.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms scores, (T, N, C); what else the fork wants
 * @tops loss, one value
 * @source ctc_loss_layer.cpp of forks for text reading
 */
export class CtcLossLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'CtcLoss',
    origin: 'forks for text reading',
    family: 'other',
    doc: 'The loss of connectionist temporal classification.',
    bottoms: ['scores', '...more'],
    tops: ['loss'],
    params: ['ctc_loss_param'],
    unsupported: { purpose: 'compute a loss for training', instead: leftOutInstead },
  };
}
