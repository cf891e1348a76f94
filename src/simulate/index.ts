// What `netspec/simulate` exports: what a chip's number format does to a net, and the files of scales for toolchains.
export { NetspecError, type Address, type ErrorCode, type NetspecErrorOptions } from '../errors.js';
export { simulate } from './simulate.js';
export { formatScales, parseScaleTable } from './scale-files.js';
export { simulationToJson } from './report.js';
export { simulationPage, type SimulationPageOptions } from './html.js';
export type { Sample, SimulateOptions } from './options.js';
export type {
  KeptLayers,
  SensitiveLayer,
  SimulatedLayer,
  SimulatedRange,
  SimulationReport,
  SimulationWarning,
} from './result.js';
export type { SimulationError } from './figures.js';
export type { FormatName } from './formats/format.js';
export type { MethodName } from './calibration/method.js';
export type { Quantizer, Range } from './quantizer.js';
export type { GivenScales, ScaleTable, ValueScale, WeightedLayer } from './tables/table.js';
export type { Histogram } from './histogram.js';
export type { WeightScales } from './twin.js';
