/**
 * SoftmaxWithLoss: classification loss of scores.
 */
import { LossParameter_NormalizationMode as Mode } from '../generated/messages.js';
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { axisOf } from './shared/axis.js';
import { valuesAndScratch } from './shared/views.js';
import { forEachLabel } from './shared/labels.js';
import { LossLayer, labelCountReason, normalizationMode, normalizer } from './shared/loss.js';
import { softmax } from './softmax.js';
import type { LayerFacts } from './facts.js';

/** C's FLT_MIN, below which a probability counts as this much. */
const FLT_MIN = 2 ** -126;

/**
 * Softmax of the scores, then the negative logarithm of the true class's probability, summed over all positions whose
 * label is not `loss_param.ignore_label` and divided by Z.
 *
 * @formula `y = −1/Z Σ_i log max(softmax(x)[i, label[i]], FLT_MIN)`
 * @bottoms x of any shape with the classes along `softmax_param.axis`; labels, as many as x has positions outside that axis,
 *   with the same first dimension
 * @tops y, a scalar; optionally the probabilities, x's shape, for which `loss_weight` must be given twice; optionally, as in R-FCN's Caffe,
 *   the loss of each label, the labels' shape, 0 where it is ignored
 * @axes `softmax_param.axis` (default 1, negative from the end) holds the classes
 * @fields `loss_param.normalization` chooses Z: VALID (default, number of labels not ignored), FULL (number of labels),
 *   BATCH_SIZE (product of the dimensions before the axis), NONE (1); Z is at least 1. The older `normalize` means VALID
 *   if true, BATCH_SIZE if false
 * @source Caffe's softmax_loss_layer.cpp; the third top as softmax_loss_layer.cu of daijifeng001/caffe-rfcn has it, which has no CPU code
 */
export class SoftmaxWithLossLayer extends LossLayer {
  static override readonly facts: LayerFacts = {
    type: 'SoftmaxWithLoss',
    origin: 'BVLC',
    family: 'other',
    doc: 'Multinomial logistic loss of softmax(scores).',
    bottoms: ['scores', 'labels'],
    tops: ['loss', 'probabilities?', 'losses?'],
    params: ['softmax_param', 'loss_param'],
    training: { labels: [1], becomes: 'Softmax' },
  };

  readonly #options = resolve('SoftmaxParameter', this.param.softmax_param);
  #axis = 1;

  override reshape(bottom: readonly [Blob, Blob], top: readonly Blob[]): void {
    super.reshape(bottom, top);
    const [scores, labels] = bottom;
    this.#axis = axisOf(scores, this.#options.axis, 'softmax_param.axis');
    const mismatch = labelCountReason(scores, labels, this.#axis);
    if (mismatch !== undefined) this.fail(mismatch, 'give one label for each position outside the class axis');
    top[1]?.reshapeLike(scores);
    top[2]?.reshapeLike(labels);
  }

  override forward([scores, labels]: readonly [Blob, Blob], top: readonly Blob[]): void {
    const ignore = this.param.loss_param?.ignore_label;
    const mode = normalizationMode(this.param.loss_param, Mode.VALID);
    const classes = scores.shape[this.#axis]!;
    const inner = scores.countOf(this.#axis + 1);
    const outer = scores.countOf(0, this.#axis);
    // The probabilities go to the second top, if there is one.
    const own = top[1] ? 0 : scores.count;
    const tops = [top[0]!, top[1] ?? scores, top[2] ?? top[0]!] as const;
    const [label, y, given, each, scratch] = valuesAndScratch(this.context, own, labels, ...tops);
    if (top[2]) each.fill(0);
    const p = top[1] ? given : scratch;
    softmax(this.context.arena, scores, this.#axis, scores.ptr, p.byteOffset);
    let loss = 0;
    const valid = forEachLabel(label, { outer, inner, classes, ignore }, (truth, i, j) => {
      const probability = p[(i * classes + truth) * inner + j]!;
      const one = -Math.log(probability < FLT_MIN ? FLT_MIN : probability);
      if (top[2]) each[i * inner + j] = one;
      loss = Math.fround(loss + one);
    });
    y[0] = loss / normalizer(mode, outer, inner, valid);
  }
}
