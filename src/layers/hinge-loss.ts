/**
 * HingeLoss: the one-versus-all loss of support vector machines.
 */
import { HingeLossParameter_Norm as Norm } from '../generated/messages.js';
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { valuesOf } from './shared/views.js';
import { labelError } from './shared/labels.js';
import { LossLayer } from './shared/loss.js';
import type { LayerFacts } from './facts.js';

/**
 * One-versus-all hinge loss: each class's score should be beyond 1 on its side, the true one above, the others below −1.
 *
 * @formula `y = 1/N Σ_i Σ_k max(0, 1 − s·x[i, k])^p` with s = 1 for k = label[i], else −1; p = 1 for `norm: L1`, 2 for L2
 * @bottoms x, (N, …) of at most 4 axes, all but the first being classes; labels, (N): of more, the first N are used
 * @tops y, a scalar
 * @source Caffe's hinge_loss_layer.cpp
 */
export class HingeLossLayer extends LossLayer {
  static override readonly facts: LayerFacts = {
    type: 'HingeLoss',
    origin: 'BVLC',
    family: 'other',
    doc: 'One-against-all hinge loss.',
    bottoms: ['scores', 'labels'],
    tops: ['loss'],
    params: ['hinge_loss_param'],
    training: { labels: [1] },
  };

  readonly #options = resolve('HingeLossParameter', this.param.hinge_loss_param);

  override forward([scores, labels]: readonly [Blob, Blob], [top]: readonly [Blob]): void {
    const num = scores.legacyDim(0);
    const classes = scores.count / num;
    this.check(
      labels.count >= num,
      () => `expected ${num} labels, got ${labels.count} in bottom[1] (${shapeString(labels.shape)})`,
    );
    const squared = this.#options.norm === Norm.L2;
    const [x, label, y] = valuesOf(scores, labels, top);
    let sum = 0;
    for (let i = 0; i < num; i++) {
      const truth = Math.trunc(label[i]!);
      if (!(truth >= 0 && truth < classes)) throw labelError(label[i]!, i, classes);
      for (let k = 0; k < classes; k++) {
        const score = x[i * classes + k]!;
        const lack = Math.fround(1 + (k === truth ? -score : score));
        // A NaN adds nothing to the loss: std::max(0, NaN) is 0.
        if (lack > 0) sum += squared ? lack * lack : lack;
      }
    }
    y[0] = Math.fround(sum) / num;
  }
}
