/**
 * Everything the WebAssembly modules export: one line for each family of kernels.
 * How to add a kernel: docs/kernels.md.
 */
export * from './channels';
export * from './depthwise';
export * from './dot';
export * from './elementwise';
export * from './equal';
export * from './im2col';
export * from './lrn';
export * from './pack';
export * from './pooling';
export * from './product';
export * from './softmax';
export * from './thread-pool';
export * from './micro-kernel';
export * from './vector';
export * from './winograd';

/** Where the constant tables of all families end; the build checks that they fit. */
export const tablesEnd: usize = __heap_base;
