/**
 * InfogainLoss: classification loss in which each pair of true and predicted class has its own weight.
 */
import { LossParameter_NormalizationMode as Mode } from '../generated/messages.js';
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { axisOf } from './shared/axis.js';
import { valuesAndScratch } from './shared/views.js';
import { forEachLabel } from './shared/labels.js';
import { LOG_THRESHOLD, LossLayer, labelCountReason, normalizationMode, normalizer } from './shared/loss.js';
import { softmax } from './softmax.js';
import type { LayerFacts } from './facts.js';

/**
 * SoftmaxWithLoss with a matrix H that weighs each predicted class by the true one; with the identity as H it is the
 * ordinary loss. H is the third bottom. Caffe can also read it from the file that `source` names. That is refused
 * here, since layers read no files.
 *
 * @formula `y = −1/Z Σ_i Σ_k H[label[i], k] · log max(softmax(x)[i, k], 1e-20)`
 * @bottoms x of any shape with the classes along `infogain_loss_param.axis`; labels, as many as x has positions outside
 *   that axis, with the same first dimension; H, classes² elements, as (1, 1, classes, classes)
 * @tops y, a scalar; optionally the probabilities, x's shape, for which `loss_weight` must be given twice
 * @axes `infogain_loss_param.axis` (default 1, negative from the end) holds the classes
 * @fields `loss_param.normalization` chooses Z as in SoftmaxWithLoss; the older `normalize` is refused
 * @source Caffe's infogain_loss_layer.cpp
 */
export class InfogainLossLayer extends LossLayer {
  static override readonly facts: LayerFacts = {
    type: 'InfogainLoss',
    origin: 'BVLC',
    family: 'other',
    doc: 'Softmax followed by a multinomial logistic loss weighted by an infogain matrix.',
    bottoms: ['scores', 'labels', 'infogain?'],
    tops: ['loss', 'probabilities?'],
    params: ['infogain_loss_param', 'loss_param'],
    training: { labels: [1, 2], becomes: 'Softmax' },
  };

  readonly #options = resolve('InfogainLossParameter', this.param.infogain_loss_param);
  #axis = 1;

  override setUp(bottom: readonly Blob[], top: readonly Blob[]): void {
    super.setUp(bottom, top);
    this.check(
      this.param.loss_param?.normalize === undefined,
      'normalize is deprecated. use "normalization"',
      'normalize: true is normalization: VALID, normalize: false is normalization: BATCH_SIZE',
      'loss_param.normalize',
    );
    if (bottom.length === 3) return;
    const source = this.param.infogain_loss_param?.source;
    const hint =
      'give the matrix as third bottom: the top of an Input layer, or of a Parameter layer with H in the weights';
    if (source === undefined) this.fail('Infogain matrix source must be specified', hint, 'infogain_loss_param.source');
    this.fail(
      `the infogain matrix cannot be read from the file '${source}': layers read no files`,
      hint,
      'infogain_loss_param.source',
    );
  }

  override reshape(bottom: readonly [Blob, Blob, Blob], top: readonly Blob[]): void {
    super.reshape(bottom, top);
    const [scores, labels, matrix] = bottom;
    this.#axis = axisOf(scores, this.#options.axis, 'infogain_loss_param.axis');
    const mismatch = labelCountReason(scores, labels, this.#axis);
    if (mismatch !== undefined) this.fail(mismatch, 'give one label for each position outside the class axis');
    const classes = scores.shape[this.#axis]!;
    this.check(
      matrix.count === classes * classes,
      () =>
        `H must be ${classes}x${classes} (${matrix.count} vs. ${classes * classes}): bottom[2] is ${shapeString(matrix.shape)}`,
    );
    top[1]?.reshapeLike(scores);
  }

  override forward([scores, labels, matrix]: readonly [Blob, Blob, Blob], top: readonly Blob[]): void {
    const ignore = this.param.loss_param?.ignore_label;
    const mode = normalizationMode(this.param.loss_param, Mode.VALID);
    const classes = scores.shape[this.#axis]!;
    const inner = scores.countOf(this.#axis + 1);
    const outer = scores.countOf(0, this.#axis);
    // The probabilities go to the second top, if there is one.
    const own = top[1] ? 0 : scores.count;
    const [label, h, y, given, scratch] = valuesAndScratch(
      this.context,
      own,
      labels,
      matrix,
      top[0]!,
      top[1] ?? scores,
    );
    const p = top[1] ? given : scratch;
    softmax(this.context.arena, scores, this.#axis, scores.ptr, p.byteOffset);
    let loss = 0;
    const valid = forEachLabel(label, { outer, inner, classes, ignore }, (truth, i, j) => {
      for (let k = 0; k < classes; k++) {
        const probability = p[(i * classes + k) * inner + j]!;
        const logarithm = Math.log(probability < LOG_THRESHOLD ? LOG_THRESHOLD : probability);
        loss = Math.fround(loss - h[truth * classes + k]! * logarithm);
      }
    });
    y[0] = loss / normalizer(mode, outer, inner, valid);
  }
}
