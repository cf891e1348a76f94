/** What optimizing a net did, as data. */

/** The passes, in the order in which they run. */
export const PASSES: readonly Pass[] = ['prune', 'identity', 'merge', 'share'];
/** A pass of {@link optimizeNet}. */
export type Pass = 'prune' | 'identity' | 'merge' | 'share';

/** One layer that a pass took out, merged into another, or made share another's parameters. */
export interface Change {
  layer: string;
  type: string;
  /** The layer that it was merged into, or whose parameters it now uses. */
  into?: string;
}

/** What {@link optimizeNet} changed. */
export interface OptimizeReport {
  /** Passes that ran, in order, and what each changed. */
  passes: { pass: Pass; changes: Change[] }[];
  /** Number of layers, splits that Caffe inserts not counted. */
  layers: { before: number; after: number };
  /** Number of values in the weight file. */
  parameters: { before: number; after: number };
  /** Layers of the weight file that the net has not; they are left out. */
  ignoredSources: string[];
  /** Layers with parameters for which the file has nothing; they keep their fillers, and nothing is merged into them. */
  unfilledLayers: string[];
}
