/** ONNX models as Caffe nets. */
export { importOnnx, type ImportOptions, type ImportedNet } from './import-onnx.js';
export { valueMap } from './value-map.js';
