/** The public interface of src/verify: comparing a net's layers with reference outputs, and reporting on it. */
export { DEFAULT_TOLERANCE, compare, type Comparison, type Tolerance } from '../compare/compare.js';
export { verify } from './verify.js';
export type { IsolatedResult, LayerResult, LayerStatus, VerifyOptions, VerifyReport } from './result.js';
export type { Cause, Evidence, FixPlace, Trial } from './diagnosis.js';
export { diagnosisLines, reportToJson, summaryLines, tableRow, TABLE_HEADER, type VerifyJson } from './report.js';
export { formatFigure } from '../compare/figures.js';
export { blobMap, chooseMap, type ChosenMap } from './match-references.js';
export { referencesFromNet, type NetReferences } from './against.js';
export { mendPort, type MendedPort, type MendOptions } from './patch/mended-port.js';
export { referenceRules } from './patch/reference-rules.js';
export { htmlReport, type HtmlReportOptions } from './html/html-report.js';
export { LayerSamples } from './html/samples.js';
