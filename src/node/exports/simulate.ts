/** `netspec/simulate` in Node. */
import '../setup.js';

export * from '../../simulate/index.js';
