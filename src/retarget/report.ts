/** What rewriting a net for a target did, as data. */
import type { Finding } from '../lint/finding.js';

/** A layer that was rewritten. */
export interface RetargetChange {
  /** Name of the rewrite, as in docs/retarget.md: `clip`. */
  rewrite: string;
  /** Name and type of the layer before; left out where the net as a whole was changed. */
  layer?: string;
  type?: string;
  /** Types of the layers that are there now in its place, in order; empty where it was taken out. */
  becomes?: string[];
}

/** What {@link retargetNet} changed, and what it could not. */
export interface RetargetReport {
  /** Name of the target. */
  target: string;
  changes: RetargetChange[];
  /** What the target does not take and no rewrite has an exact form for. */
  remaining: Omit<Finding, 'edit'>[];
  /** Number of layers, splits that Caffe inserts not counted. */
  layers: { before: number; after: number };
  /** Whether layers got blobs that the weights before do not have: the net is not to be used with those. */
  hasNewBlobs: boolean;
  /** Layers of the weight file that the net has not; they are left out. */
  ignoredSources: string[];
  /** Layers with parameters for which the file has nothing. */
  unfilledLayers: string[];
}
