/**
 * Accuracy: the share of positions whose true class is among the k best scores.
 */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { axisOf } from './shared/axis.js';
import { valuesOf } from './shared/views.js';
import { ignoreHint, labelError } from './shared/labels.js';
import { Layer } from './layer.js';
import { labelCountReason } from './shared/loss.js';
import type { LayerFacts } from './facts.js';

/**
 * The share of positions whose true class is among the `top_k` best scores. A class with the same score as the true
 * one counts as better. A constant score is therefore right only when top_k is the number of classes.
 *
 * @formula `y = #{i : #{k ≠ label[i] : x[i, k] ≥ x[i, label[i]]} < top_k} / #{i}`, over the positions i that are not
 *   ignored; 0 if there are none
 * @bottoms x of any shape with the classes along `axis`; labels, as many as x has positions outside that axis
 * @tops y, a scalar; optionally the accuracy of each class, (classes), 0 for a class without labels
 * @axes `axis` (default 1, negative from the end) holds the classes
 * @source Caffe's accuracy_layer.cpp
 */
export class AccuracyLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Accuracy',
    origin: 'BVLC',
    family: 'other',
    doc: 'Share of the labels that are among the top_k scores.',
    bottoms: ['scores', 'labels'],
    tops: ['accuracy', 'perClass?'],
    params: ['accuracy_param'],
    training: { labels: [1], measures: true },
  };

  readonly #options = resolve('AccuracyParameter', this.param.accuracy_param);
  readonly #ignore = this.param.accuracy_param?.ignore_label;
  #axis = 1;

  override reshape(bottom: readonly [Blob, Blob], top: readonly Blob[]): void {
    const [scores, labels] = bottom;
    this.check(labels.count > 0, () => `bottom[1] holds no labels: its shape is ${shapeString(labels.shape)}`);
    const classes = Math.trunc(scores.count / labels.count);
    this.check(
      this.#options.top_k <= classes,
      () => `top_k must be less than or equal to the number of classes (${this.#options.top_k} vs. ${classes})`,
      undefined,
      'accuracy_param.top_k',
    );
    this.#axis = axisOf(scores, this.#options.axis, 'accuracy_param.axis');
    const mismatch = labelCountReason(scores, labels, this.#axis);
    if (mismatch !== undefined) this.fail(mismatch, 'give one label for each position outside the class axis');
    top[0]!.reshape([]);
    top[1]?.reshape([scores.shape[this.#axis]!]);
  }

  override forward([scores, labels]: readonly [Blob, Blob], top: readonly Blob[]): void {
    const inner = scores.countOf(this.#axis + 1);
    const outer = scores.countOf(0, this.#axis);
    const classes = scores.shape[this.#axis]!;
    const topK = this.#options.top_k;
    const [x, label, y, perClass] = valuesOf(scores, labels, top[0]!, top[1] ?? top[0]!);
    const rightOf = new Float32Array(classes);
    const labelsOf = new Float32Array(classes);
    let right = 0;
    let count = 0;
    for (let i = 0; i < outer; i++) {
      for (let j = 0; j < inner; j++) {
        const value = Math.trunc(label[i * inner + j]!);
        if (value === this.#ignore) continue;
        if (!(value >= 0 && value < classes))
          throw labelError(label[i * inner + j]!, i * inner + j, classes, ignoreHint('accuracy_param', this.#ignore));
        const start = i * classes * inner + j;
        const score = x[start + value * inner]!;
        // The loop counts the true class too, so the count begins at -1.
        let better = -1;
        for (let k = 0; k < classes && better < topK; k++) if (x[start + k * inner]! >= score) better++;
        labelsOf[value]!++;
        count++;
        if (better < topK) {
          // A float32 counter in Caffe, which stops at 2^24.
          right = Math.fround(right + 1);
          rightOf[value]!++;
        }
      }
    }
    y[0] = count === 0 ? 0 : right / count;
    if (top[1]) for (let k = 0; k < classes; k++) perClass[k] = labelsOf[k] === 0 ? 0 : rightOf[k]! / labelsOf[k]!;
  }
}
