// What the whole exports of src/optimize: a smaller net for inference, and the proof that it computes the same.
export { optimizeNet, type OptimizeOptions, type OptimizedNet } from './optimize.js';
export { mergedReferences } from './reference-map.js';
export type { Change, OptimizeReport, Pass } from './report.js';
export { compareOutputs, copyInputs, fillRandomInputs, type OutputDifference } from './check.js';
