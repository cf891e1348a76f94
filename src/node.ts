/** netspec in Node: the whole, with paths wherever it reads or writes, and the readers of folders and files. */
import './node/setup.js';

export * from './index.js';
export * from './node/exports/prototxt.js';
export * from './node/exports/caffemodel.js';
export * from './node/exports/runtime.js';
export * from './node/exports/weights.js';
export * from './node/exports/verify.js';
export * from './node/exports/simulate.js';
export * from './node/exports/vision.js';
export * from './node/exports/onnx.js';
