/** rule: what a rule of the lint is. Each file of src/lint/rules/ holds one, and has a page of its name in docs/lint/. */
import type { Problem, Severity } from './finding.js';
import type { LintNet } from './lint-net.js';

export interface Rule {
  /** As in reports, and the name of its file and of its page: `bias-before-batch-norm`. */
  readonly name: string;
  readonly severity: Severity;
  /** One line for the list of rules: what it finds. */
  readonly doc: string;
  /** It looks into weights, and finds nothing without them. */
  readonly needsWeights?: boolean;
  readonly check: (net: LintNet) => Iterable<Problem> | Promise<Iterable<Problem>>;
}
