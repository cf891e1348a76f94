/** SmoothL1LossOHEM: the Smooth L1 loss of each region. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer, leftOutInstead } from './shared/unsupported-layer.js';

/**
 * The Smooth L1 loss of boxes, with the loss of each region as a second top.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms predictions and targets, of one shape; optionally weights
 * @tops loss, one value; optionally the loss of each region
 * @source smooth_L1_loss_ohem_layer.cpp of daijifeng001/caffe-rfcn
 */
export class SmoothL1LossOHEMLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'SmoothL1LossOHEM',
    origin: 'R-FCN',
    family: 'other',
    doc: 'Smooth L1 loss of boxes, and of each region.',
    bottoms: ['predictions', 'targets', 'weights?'],
    tops: ['loss', 'losses?'],
    params: ['loss_param'],
    unsupported: { purpose: 'compute a loss for training', instead: leftOutInstead },
  };
}
