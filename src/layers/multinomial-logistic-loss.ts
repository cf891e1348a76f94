/**
 * MultinomialLogisticLoss: negative log-likelihood of probabilities.
 */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { valuesOf } from './shared/views.js';
import { labelError } from './shared/labels.js';
import { LOG_THRESHOLD, LossLayer } from './shared/loss.js';
import type { LayerFacts } from './facts.js';

/**
 * Mean negative logarithm of the true class's probability. The bottom holds probabilities already, as Softmax gives
 * them; SoftmaxWithLoss takes scores.
 *
 * @formula y = −1/N Σ_i log max(p[i, label[i]], 1e-20)
 * @bottoms p, (N, …) of at most 4 axes, all but the first being classes; labels, (N) or (N, 1, 1, 1)
 * @tops y, a scalar
 * @source Caffe's multinomial_logistic_loss_layer.cpp
 */
export class MultinomialLogisticLossLayer extends LossLayer {
  static override readonly facts: LayerFacts = {
    type: 'MultinomialLogisticLoss',
    origin: 'BVLC',
    family: 'other',
    doc: 'Mean of -log(probability of the label).',
    bottoms: ['probabilities', 'labels'],
    tops: ['loss'],
    training: { labels: [1] },
  };

  override reshape(bottom: readonly [Blob, Blob], top: readonly Blob[]): void {
    super.reshape(bottom, top);
    const labels = bottom[1];
    this.check(
      labels.legacyDim(1) === 1 && labels.legacyDim(2) === 1 && labels.legacyDim(3) === 1,
      () =>
        `bottom[1] must hold one label for each instance: expected the shape (N), dimensions of 1 may follow, ` +
        `got ${shapeString(labels.shape)}`,
      'SoftmaxWithLoss takes labels for each position',
    );
  }

  override forward([scores, labels]: readonly [Blob, Blob], [top]: readonly [Blob]): void {
    const num = scores.legacyDim(0);
    const classes = scores.count / num;
    const [p, label, y] = valuesOf(scores, labels, top);
    let loss = 0;
    for (let i = 0; i < num; i++) {
      const truth = Math.trunc(label[i]!);
      if (!(truth >= 0 && truth < classes)) throw labelError(label[i]!, i, classes);
      const probability = p[i * classes + truth]!;
      loss = Math.fround(loss - Math.log(probability < LOG_THRESHOLD ? LOG_THRESHOLD : probability));
    }
    y[0] = loss / num;
  }
}
