/** netspec in Node: the whole core, with paths wherever it reads or writes, and the readers of folders and files. */
import './node/relaxed-simd.js';
import './node/platform.js';
import './node/threads.js';

export * from './index.js';
export {
  decodeText,
  openFile,
  readBytes,
  readText,
  textFile,
  writeFileAtomically,
  writeFilesAtomically,
  type FileToWrite,
} from './node/files.js';
export { NpyFolderSource, npyFile, readNpyFile, writeNpyFile } from './node/npy-folder.js';
export { openWeights } from './node/open-weights.js';
export { loadNameMap } from './node/name-map.js';
export { decodeImage, readImage, writeImage, type DecodedImage, type ReadImageOptions } from './node/image.js';
