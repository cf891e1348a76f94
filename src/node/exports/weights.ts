/** `netspec/weights` in Node. */
import '../setup.js';

export * from '../../weights/index.js';
export { openFile, writeFileAtomically } from '../files.js';
export { readNpyFile, writeNpyFile } from '../npy-folder.js';
export { openWeights, type OpenOptions } from '../open-weights.js';
export { loadNameMap } from '../name-map.js';
