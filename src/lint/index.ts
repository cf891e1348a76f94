/** The lint: mistakes in nets, and what toolchains do not take. */
export { fixNet, lint, type Fixed, type LintOptions } from './lint.js';
export type { Finding, LintEdit, Severity } from './finding.js';
export type { LintNetOptions, LintWeights } from './lint-net.js';
export { TARGETS } from './targets/index.js';
export type { LayerList, Limit, MeasureName, Stated, Target } from './targets/target.js';
