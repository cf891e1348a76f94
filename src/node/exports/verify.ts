/** `netspec/verify` in Node. */
import '../setup.js';

export * from '../../verify/index.js';
export {
  referencesFromOnnx,
  type OnnxReferences,
  type OnnxReferencesOptions,
  type UnmatchedValues,
} from '../onnx-references.js';
