/**
 * ContrastiveLoss: pulls pairs of features together or pushes them apart.
 */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { valuesOf } from './shared/views.js';
import { LossLayer } from './shared/loss.js';
import type { LayerFacts } from './facts.js';

/**
 * Loss of pairs of feature vectors a and b with d² = Σ (a − b)². A similar pair (label not 0) costs d². A dissimilar pair
 * costs what it lacks of the margin. `legacy_version` compares the margin with d² instead of d, and does not square.
 *
 * @formula `y = 1/(2N) Σ_i (label[i] ? d² : max(margin − d, 0)²)`, with `legacy_version`
 *   `y = 1/(2N) Σ_i (label[i] ? d² : max(margin − d², 0))`
 * @bottoms a and b, (N, C) or (N, C, 1, 1); labels, (N)
 * @tops y, a scalar
 * @source Caffe's contrastive_loss_layer.cpp; Hadsell, Chopra, LeCun, Dimensionality Reduction by Learning an Invariant
 *   Mapping, CVPR 2006
 */
export class ContrastiveLossLayer extends LossLayer {
  static override readonly facts: LayerFacts = {
    type: 'ContrastiveLoss',
    origin: 'BVLC',
    family: 'other',
    doc: 'Contrastive loss of pairs: pulls similar ones together.',
    bottoms: ['a', 'b', 'similar'],
    tops: ['loss'],
    params: ['contrastive_loss_param'],
    training: { labels: [2] },
  };

  readonly #options = resolve('ContrastiveLossParameter', this.param.contrastive_loss_param);

  override reshape(bottom: readonly [Blob, Blob, Blob], top: readonly Blob[]): void {
    const [a, b, labels] = bottom;
    this.check(
      a.legacyDim(1) === b.legacyDim(1),
      () =>
        `bottom[0] and bottom[1] must have the same number of channels (${a.legacyDim(1)} vs. ${b.legacyDim(1)}): ` +
        `they are ${shapeString(a.shape)} and ${shapeString(b.shape)}`,
    );
    for (const [i, blob] of bottom.entries()) {
      const channels = i === 2 ? 1 : blob.legacyDim(1);
      this.check(
        blob.legacyDim(1) === channels && blob.legacyDim(2) === 1 && blob.legacyDim(3) === 1,
        () =>
          `bottom[${i}] must have the shape ${i === 2 ? '(N)' : '(N, C)'}, dimensions of 1 may follow, ` +
          `got ${shapeString(blob.shape)}`,
        i === 2 ? undefined : 'put a Flatten layer before it',
      );
    }
    super.reshape(bottom, top);
    this.check(
      labels.count >= a.legacyDim(0),
      () =>
        `expected one label for each of the ${a.legacyDim(0)} pairs, got ${labels.count} in bottom[2] (${shapeString(labels.shape)})`,
    );
  }

  override forward(bottom: readonly [Blob, Blob, Blob], [top]: readonly [Blob]): void {
    const margin = Math.fround(this.#options.margin);
    const [a, b, label, y] = valuesOf(...bottom, top);
    const pairs = bottom[0].legacyDim(0);
    const channels = bottom[0].legacyDim(1);
    let loss = 0;
    for (let i = 0; i < pairs; i++) {
      let squares = 0;
      for (let c = i * channels; c < (i + 1) * channels; c++) {
        const difference = Math.fround(a[c]! - b[c]!);
        squares += difference * difference;
      }
      squares = Math.fround(squares);
      let cost: number;
      if (Math.trunc(label[i]!) !== 0) cost = squares;
      else if (this.#options.legacy_version) cost = positive(margin - squares);
      else cost = positive(margin - Math.sqrt(squares)) ** 2;
      loss = Math.fround(loss + cost);
    }
    y[0] = loss / pairs / 2;
  }
}

/** std::max(x, 0), which lets NaN through, unlike std::max(0, x). */
function positive(x: number): number {
  return x < 0 ? 0 : x;
}
