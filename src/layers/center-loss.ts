/** CenterLoss: the distance of features to the centers of their classes. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer, leftOutInstead } from './shared/unsupported-layer.js';

/**
 * Half the mean squared distance of features to the learned centers of their classes.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms features, (N, C); labels, (N)
 * @tops loss, one value
 * @source center_loss_layer.cpp of ydwen/caffe-face
 */
export class CenterLossLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'CenterLoss',
    origin: 'caffe-face',
    family: 'other',
    doc: 'Half the mean squared distance of features to the centers of their classes.',
    bottoms: ['features', 'labels'],
    tops: ['loss'],
    params: ['center_loss_param'],
    unsupported: { purpose: 'compute a loss for training', instead: leftOutInstead },
  };
}
