/** `netspec/prototxt` in Node. */
import '../setup.js';

export * from '../../proto/prototxt.js';
export { readText, writeFileAtomically } from '../files.js';
