/** `netspec/verify` in Node. */
import '../setup.js';

export * from '../../verify/index.js';
