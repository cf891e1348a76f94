/** `netspec/onnx` in Node. */
import '../setup.js';

export * from '../../onnx/index.js';
