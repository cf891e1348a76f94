/** MultiBoxLoss: the loss of an SSD network. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer, leftOutInstead } from './shared/unsupported-layer.js';

/**
 * Matches boxes with annotations and sums the losses of their places and classes.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms loc, conf and priors as of DetectionOutput; label, the annotated boxes
 * @tops loss, one value
 * @source multibox_loss_layer.cpp of weiliu89/caffe (SSD)
 */
export class MultiBoxLossLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'MultiBoxLoss',
    origin: 'SSD',
    family: 'other',
    doc: 'Matches boxes with annotations and sums the losses of their places and classes.',
    bottoms: ['loc', 'conf', 'priors', 'label'],
    tops: ['loss'],
    params: ['multibox_loss_param'],
    training: { labels: [3] },
    unsupported: {
      purpose: 'train a detector',
      instead: leftOutInstead,
      shapes: () => [[]],
    },
  };
}
