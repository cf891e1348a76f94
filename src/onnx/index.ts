// What `netspec/onnx` exports: ONNX models as Caffe nets.
export { NetspecError, type Address, type ErrorCode, type NetspecErrorOptions } from '../errors.js';
export { importOnnx, type ImportOptions, type ImportedNet } from './import-onnx.js';
export type { InterpretedValues } from './interpret.js';
export type { Tensor as OnnxTensor } from './schema/model.js';
export { exportOnnx, type ExportedModel, type ExportOptions } from './export/export-onnx.js';
