/**
 * diagnosis: the data that the search for a cause gives: what was tried at the layer that fails, what came of it, and
 * which of it explains the difference.
 */
import type { Tensor } from '../weights/source.js';
import type { Comparison } from '../compare/compare.js';

/** Where a mend belongs. */
export type FixPlace = 'prototxt' | 'packing' | 'input' | 'reference';

/** One change that was made to a layer, and how far the compared layer was from its reference then. */
export interface Trial {
  /** Id of the hypothesis: `pooling-window`, `weights-flipped` … */
  id: string;
  /** The layer that fails, at whose reference the change was measured. */
  at: string;
  /** Blob name of its top that fails. */
  atTop: string;
  /** The layer that was changed: the compared one, or one without a reference before it. */
  layer: string;
  type: string;
  /** What was changed, in a few words: `pad: 1, round_mode: FLOOR`. */
  label: string;
  /**
   * `matches`: with it the layer agrees, and did not before; `differs`: it does not; `refused`: the layer does not take
   * it; `not run`: the work allowed was used up.
   */
  outcome: 'matches' | 'differs' | 'refused' | 'not run';
  /** Figures with the change made; absent when it was not run or gives another shape. */
  comparison?: Comparison;
  /** The figures are those of some of the compared layer's channels only: a large layer's first look. */
  sampled?: boolean;
}

/** A change that makes the compared layer agree with its reference. */
export interface Cause extends Trial {
  outcome: 'matches';
  comparison: Comparison;
  /** What is wrong, in a sentence or two. */
  explanation: string;
  /** What has to be known about the edit: that it needs a newer Caffe, and what every Caffe reads instead. */
  remark?: string;
  /**
   * The edit that mends it. Of the prototxt it is a patch of the file, to be applied after those of the causes before it; of
   * what is packed, fed or saved it is lines of numpy. Empty where the schema in use has nothing that mends it.
   */
  fix: string;
  fixPlace: FixPlace;
  /** Lines of numpy that save the parameters of layers which the patch adds, under names that pack-weights knows. */
  numbers?: string;
  /** What explains the difference as well and cannot be told from it: the first is as likely as the cause itself. */
  alternatives: Cause[];
}

/** The values behind the figures of a layer. */
export interface Evidence {
  /** Name of the layer. */
  layer: string;
  /** Blob name of the top. */
  top: string;
  /** Position of the layer among the net's. */
  index: number;
  reference: Tensor;
  /** What the net gives, its own blobs flowing on. */
  actual: Tensor;
  /** What the layer gives when it is fed the references of what it reads. */
  isolated?: Tensor;
}
