/** WarpCTCLoss: connectionist temporal classification. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer, leftOutInstead } from './shared/unsupported-layer.js';

/**
 * The loss of connectionist temporal classification, by Baidu's warp-ctc.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms scores, (T, N, C); labels; what else the fork wants
 * @tops loss, one value
 * @source warp_ctc_loss_layer.cpp of forks for text reading
 */
export class WarpCTCLossLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'WarpCTCLoss',
    origin: 'warpctc-caffe',
    family: 'other',
    doc: "The loss of connectionist temporal classification, by Baidu's warp-ctc.",
    bottoms: ['scores', 'labels', '...more'],
    tops: ['loss'],
    unsupported: { purpose: 'compute a loss for training', instead: leftOutInstead },
  };
}
