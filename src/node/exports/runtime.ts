/** `netspec/runtime` in Node. */
import '../setup.js';

export * from '../../runtime/index.js';
