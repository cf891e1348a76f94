/** `netspec/caffemodel` in Node. */
import '../setup.js';

export * from '../../proto/caffemodel.js';
export { openFile, writeFileAtomically } from '../files.js';
