/** rewrite: what a rewrite for a target is. Each file of src/retarget/rewrites/ holds one, and has a row in the table beside them. */
import type { Problem } from '../lint/finding.js';
import type { Step } from '../optimize/work.js';
import type { Workspace } from './workspace.js';

/** What the lint found in a layer. */
export interface Marked {
  readonly step: Step;
  readonly problem: Problem;
}

export interface Rewrite {
  /** As in reports and docs/retarget.md, and the name of its file: `own-tops`. */
  readonly name: string;
  /** One line: what it writes in the place of what. */
  readonly doc: string;
  /**
   * Rewrites the layer if it can do so exactly.
   * @returns whether it did
   */
  readonly apply: (marked: Marked, work: Workspace) => boolean | Promise<boolean>;
}

/** Whether the target does not read the layer's type. */
export const isRefused = ({ problem }: Marked): boolean => problem.field === 'type';
