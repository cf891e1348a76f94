/**
 * Class labels as Caffe holds them: floats in a blob. The fraction is cut off to get an index.
 */
import { NetspecError } from '../../errors.js';

/**
 * The error for a label that names no class. Caffe checks this only in debug builds. Otherwise it reads beyond the
 * scores, so there is no result to reproduce, and the label is refused.
 * @param value the label as it stands in the blob
 * @param index where it stands in the blob
 * @param classes number of classes
 */
export function labelError(value: number, index: number, classes: number, hint?: string): NetspecError {
  return new NetspecError(
    `label ${value} at index ${index} of bottom[1] is no class: expected an integer in {0, 1, ..., ${classes - 1}}`,
    hint === undefined ? {} : { hint },
  );
}

/**
 * The hint for a net whose labels mark positions to be left out (255 in segmentation data).
 * @param ignoreLabel what the layer ignores already, if anything
 */
export function ignoreHint(field: string, ignoreLabel: number | undefined): string {
  return ignoreLabel === undefined
    ? `to leave positions out, mark them with one value and give it as ${field} { ignore_label: … }`
    : `only label ${ignoreLabel} is left out (${field}.ignore_label)`;
}

/** Where the labels of a loss over a class axis stand, and which of them count. */
export interface LabelGrid {
  /** Positions before and after the class axis. */
  outer: number;
  inner: number;
  classes: number;
  /** Label of the positions to be left out, from `loss_param`. */
  ignore: number | undefined;
}

/**
 * Calls `visit` for each position that is not left out, in the labels' order, with its class.
 * @returns how many those were
 * @throws NetspecError for a label that names no class
 */
export function forEachLabel(
  labels: Float32Array,
  { outer, inner, classes, ignore }: LabelGrid,
  visit: (truth: number, i: number, j: number) => void,
): number {
  let valid = 0;
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const at = i * inner + j;
      const truth = Math.trunc(labels[at]!);
      if (truth === ignore) continue;
      if (!(truth >= 0 && truth < classes))
        throw labelError(labels[at]!, at, classes, ignoreHint('loss_param', ignore));
      visit(truth, i, j);
      valid++;
    }
  }
  return valid;
}
