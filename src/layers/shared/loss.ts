/**
 * What the loss layers share: one scalar top with weight 1, bottoms of equal first dimension, and the normalization of
 * a sum over labels.
 */
import type { LayerParameter, LossParameter } from '../../generated/messages.js';
import { LossParameter_NormalizationMode as Mode } from '../../generated/messages.js';
import type { Blob } from '../../engine/blob.js';
import { shapeString } from '../../shapes.js';
import { Layer } from '../layer.js';

/** Caffe's kLOG_THRESHOLD: a smaller probability counts as this one, so that no logarithm is infinite. */
export const LOG_THRESHOLD = Math.fround(1e-20);

/**
 * Base of the loss layers. top[0] is a scalar, with no axes, and holds the loss before `loss_weight`.
 */
export abstract class LossLayer extends Layer {
  override readonly autoTopBlobs: boolean = true;

  /** As in Caffe, the default loss weight is one value, so a second top needs `loss_weight`. */
  override setUp(_bottom: readonly Blob[], top: readonly Blob[]): void {
    this.check(
      (this.param.loss_weight?.length ?? 0) > 0 || top.length === 1,
      () => `loss_weight must be unspecified or specified once per top blob (${top.length} vs. 1)`,
      'a loss layer without loss_weight has the single weight 1; ' +
        'with a second top write one for each: loss_weight: 1 loss_weight: 0',
      'loss_weight',
    );
  }

  override reshape(bottom: readonly Blob[], top: readonly Blob[]): void {
    const [scores, labels] = bottom as [Blob, Blob];
    this.check(
      scores.dim(0) === labels.dim(0),
      () =>
        `The data and label should have the same first dimension (${scores.dim(0)} vs. ${labels.dim(0)}): ` +
        `bottom[0] is ${shapeString(scores.shape)}, bottom[1] is ${shapeString(labels.shape)}`,
    );
    top[0]!.reshape([]);
  }

  override defaultLossWeight(topIndex: number): number {
    return topIndex === 0 ? 1 : 0;
  }

  /** Caffe writes the default weight into the files that it saves. */
  override savedParam(): LayerParameter {
    return this.param.loss_weight?.length ? this.param : { ...this.param, loss_weight: [1] };
  }
}

/** Checks that there is one label for each position outside the class axis. */
export function labelCountReason(scores: Blob, labels: Blob, axis: number): string | undefined {
  const positions = scores.countOf(0, axis) * scores.countOf(axis + 1);
  if (positions === labels.count) return undefined;
  return (
    `Number of labels must match number of predictions (${positions} vs. ${labels.count}): ` +
    `bottom[0] is ${shapeString(scores.shape)} with classes along axis ${axis}, bottom[1] is ${shapeString(labels.shape)}`
  );
}

/** The normalization that a layer uses: `normalization`, else the older `normalize`, else `otherwise`. */
export function normalizationMode(param: LossParameter | undefined, otherwise: Mode): Mode {
  if (param?.normalization !== undefined) return param.normalization;
  if (param?.normalize !== undefined) return param.normalize ? Mode.VALID : Mode.BATCH_SIZE;
  return otherwise;
}

/**
 * The number that a summed loss is divided by. It is at least 1, so that a batch without labels has loss 0.
 * @param outer product of the dimensions before the class axis
 * @param inner product of the dimensions after it
 * @param valid number of labels that were not ignored
 */
export function normalizer(mode: Mode, outer: number, inner: number, valid: number): number {
  switch (mode) {
    case Mode.FULL:
      return Math.max(1, outer * inner);
    case Mode.VALID:
      return Math.max(1, valid);
    case Mode.BATCH_SIZE:
      return Math.max(1, outer);
    case Mode.NONE:
      return 1;
  }
}
