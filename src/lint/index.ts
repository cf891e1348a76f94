/** The lint: mistakes in nets, and what toolchains do not take. */
export { fixNet, lint, type Fixed, type LintOptions } from './lint.js';
export type { Finding, Severity } from './finding.js';
export type { LintWeights } from './lint-net.js';
export { TARGETS } from './targets/index.js';
export type { Target } from './targets/target.js';
