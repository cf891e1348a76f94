/** SmoothL1Loss: a loss for boxes. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer, leftOutInstead } from './shared/unsupported-layer.js';

/**
 * Robust loss of differences: quadratic near zero, linear beyond.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms a and b of one shape; optionally weights inside and outside of the function
 * @tops loss, one value
 * @source smooth_L1_loss_layer.cpp of rbgirshick/caffe-fast-rcnn
 */
export class SmoothL1LossLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'SmoothL1Loss',
    origin: 'Fast R-CNN',
    family: 'other',
    doc: 'Robust loss of differences: quadratic near zero, linear beyond.',
    bottoms: ['a', 'b', 'inside?', 'outside?'],
    tops: ['loss'],
    params: ['smooth_l1_loss_param'],
    training: { labels: [1, 2, 3] },
    unsupported: {
      purpose: 'train a detector',
      instead: leftOutInstead,
      shapes: () => [[]],
    },
  };
}
