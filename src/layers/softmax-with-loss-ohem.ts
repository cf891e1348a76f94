/** SoftmaxWithLossOHEM: the classification loss of each region. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer, leftOutInstead } from './shared/unsupported-layer.js';

/**
 * SoftmaxWithLoss, with the loss of each region as a second top.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms scores and labels as of SoftmaxWithLoss
 * @tops loss, one value; optionally the loss of each region
 * @source softmax_loss_ohem_layer.cpp of daijifeng001/caffe-rfcn
 */
export class SoftmaxWithLossOHEMLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'SoftmaxWithLossOHEM',
    origin: 'R-FCN',
    family: 'other',
    doc: 'SoftmaxWithLoss, and the loss of each region.',
    bottoms: ['scores', 'labels'],
    tops: ['loss', 'losses?'],
    params: ['softmax_param', 'loss_param'],
    unsupported: { purpose: 'compute a loss for training', instead: leftOutInstead },
  };
}
