// What `netspec/verify` exports: a net's layers against reference outputs, and reports of it.
export { NetspecError, type Address, type ErrorCode, type NetspecErrorOptions } from '../errors.js';
export { compare, type Comparison, type Tolerance } from '../compare/compare.js';
export { verify } from './verify.js';
export type { IsolatedResult, LayerResult, LayerStatus, Point, VerifyOptions, VerifyReport } from './result.js';
export type { NonFiniteValue } from './non-finite.js';
export type { Mend } from './causes.js';
export type { Cause, Evidence, FixPlace, Trial } from './diagnosis.js';
export { reportToJson, type JsonCause, type JsonFigures, type VerifyJson } from './report.js';
export { blobMap, chooseMap, type ChosenMap } from './match-references.js';
export { referencesFromNet, type NetReferences } from './against.js';
export { mendPort, type MendedPort, type MendOptions } from './patch/mended-port.js';
export { htmlReport, type HtmlReportOptions } from './html/html-report.js';
export { LayerSamples, type LayerSample } from './html/samples.js';
export { METRICS, measure, type Metric, type Sides } from '../compare/metrics/index.js';
export { parseToleranceRules, type LayerLimits, type ToleranceRules } from './limits/tolerance-rules.js';
export {
  baselineOf,
  compareWithBaseline,
  formatBaseline,
  parseBaseline,
  type Baseline,
  type BaselineComparison,
  type BaselineLayer,
} from './limits/baseline.js';
export {
  verifySamples,
  type OpenSample,
  type SampledLayer,
  type SampleResult,
  type SamplesReport,
  type VerifySample,
  type VerifySamplesOptions,
} from './samples/verify-samples.js';
export type { Spread } from './samples/spread.js';
export { cutNet, type CutBlob, type CutNet, type CutOptions } from './cut/cut-net.js';
export { reducePort, type ReducedPort, type ReduceOptions } from './reduce/reduce-port.js';
