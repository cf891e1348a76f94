/**
 * EuclideanLoss: half the mean squared distance, for regression.
 */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { valuesOf } from './shared/views.js';
import { LossLayer } from './shared/loss.js';
import type { LayerFacts } from './facts.js';

/**
 * Half the squared distance between predictions and targets, averaged over the batch (not over elements).
 *
 * @formula y = 1/(2N) Σ (a − b)²
 * @bottoms a and b, (N, …) of at most 4 axes: the same N and the same number of elements each
 * @tops y, a scalar
 * @source Caffe's euclidean_loss_layer.cpp
 */
export class EuclideanLossLayer extends LossLayer {
  static override readonly facts: LayerFacts = {
    type: 'EuclideanLoss',
    origin: 'BVLC',
    family: 'other',
    doc: 'Half the mean squared distance over the batch.',
    bottoms: ['a', 'b'],
    tops: ['loss'],
    training: { labels: [1] },
  };

  override reshape(bottom: readonly [Blob, Blob], top: readonly Blob[]): void {
    super.reshape(bottom, top);
    const [a, b] = bottom;
    this.check(
      a.countOf(1) === b.countOf(1),
      () =>
        `Inputs must have the same dimension (${a.countOf(1)} vs. ${b.countOf(1)} elements in each instance): ` +
        `bottom[0] is ${shapeString(a.shape)}, bottom[1] is ${shapeString(b.shape)}`,
    );
  }

  override forward([bottomA, bottomB]: readonly [Blob, Blob], [top]: readonly [Blob]): void {
    const num = bottomA.legacyDim(0);
    const [a, b, y] = valuesOf(bottomA, bottomB, top);
    let sum = 0;
    for (let i = 0; i < a.length; i++) {
      const difference = Math.fround(a[i]! - b[i]!);
      sum += difference * difference;
    }
    y[0] = sum / num / 2;
  }
}
