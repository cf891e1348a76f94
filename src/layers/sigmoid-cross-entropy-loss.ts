/**
 * SigmoidCrossEntropyLoss: independent binary classifications.
 */
import { LossParameter_NormalizationMode as Mode } from '../generated/messages.js';
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { valuesOf } from './shared/views.js';
import { LossLayer, normalizationMode, normalizer } from './shared/loss.js';
import type { LayerFacts } from './facts.js';

/**
 * Cross-entropy of target probabilities t and σ(x), for scores x that are independent of each other. The sum is divided
 * by the batch size unless `loss_param` says otherwise. Targets that are `ignore_label`, after their fraction is cut
 * off, do not count.
 *
 * @formula `y = −1/Z Σ (t·log σ(x) + (1 − t)·log(1 − σ(x)))`
 * @bottoms x, (N, …); targets, as many as x, from 0 to 1
 * @tops y, a scalar
 * @fields `loss_param.normalization` chooses Z: BATCH_SIZE (default, N), FULL (number of targets), VALID (number of
 *   targets not ignored), NONE (1); Z is at least 1. The older `normalize` means VALID if true, BATCH_SIZE if false
 * @source Caffe's sigmoid_cross_entropy_loss_layer.cpp
 */
export class SigmoidCrossEntropyLossLayer extends LossLayer {
  static override readonly facts: LayerFacts = {
    type: 'SigmoidCrossEntropyLoss',
    origin: 'BVLC',
    family: 'other',
    doc: 'Cross entropy of sigmoid(scores), computed stably.',
    bottoms: ['scores', 'targets'],
    tops: ['loss'],
    params: ['loss_param'],
    training: { labels: [1], becomes: 'Sigmoid' },
  };

  override reshape(bottom: readonly [Blob, Blob], top: readonly Blob[]): void {
    super.reshape(bottom, top);
    const [scores, targets] = bottom;
    this.check(
      scores.count === targets.count,
      () =>
        `SIGMOID_CROSS_ENTROPY_LOSS layer inputs must have the same count (${scores.count} vs. ${targets.count}): ` +
        `bottom[0] is ${shapeString(scores.shape)}, bottom[1] is ${shapeString(targets.shape)}`,
    );
  }

  override forward([scores, targets]: readonly [Blob, Blob], [top]: readonly [Blob]): void {
    const ignore = this.param.loss_param?.ignore_label;
    const mode = normalizationMode(this.param.loss_param, Mode.BATCH_SIZE);
    const [x, target, y] = valuesOf(scores, targets, top);
    let loss = 0;
    let valid = 0;
    for (let i = 0; i < x.length; i++) {
      if (Math.trunc(target[i]!) === ignore) continue;
      const value = x[i]!;
      // exp is taken of −|x| only, so it cannot overflow.
      const linear = Math.fround(value * Math.fround(target[i]! - (value >= 0 ? 1 : 0)));
      loss = Math.fround(loss - (linear - Math.log(1 + Math.exp(value >= 0 ? -value : value))));
      valid++;
    }
    y[0] = loss / normalizer(mode, scores.dim(0), scores.countOf(1), valid);
  }
}
