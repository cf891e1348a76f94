// netspec in any JavaScript host: everything that needs no files. In Node, `import 'netspec'` gives this and what
// works with paths (see node.ts).
export { NetspecError, type Address, type ErrorCode, type NetspecErrorOptions } from './errors.js';
export { onRemark } from './remarks.js';
export * from './proto/prototxt.js';
export * from './proto/caffemodel.js';
export * from './netspec/index.js';
export * from './nets/index.js';
export * from './runtime/index.js';
export * from './weights/index.js';
export * from './draw/index.js';
export * from './onnx/index.js';
export * from './verify/index.js';
export * from './simulate/index.js';
export * from './vision/index.js';
export * from './lint/index.js';
export * from './optimize/index.js';
export * from './retarget/index.js';
export * from './diff/index.js';
export * from './language/index.js';
