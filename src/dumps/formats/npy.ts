/** npy: a folder with one .npy file for each blob, as pycaffe's `net.blobs` has them. */
import { fileNamesOf } from '../../weights/file-names.js';
import { formatNpyHeader } from '../../weights/npy.js';
import type { DumpedTop, DumpFile, DumpFormat } from '../format.js';

export const npy: DumpFormat = {
  name: 'npy',
  docs: {
    readBy: 'numpy, and `verify`',
    names: '`BLOB.npy`; a `/` becomes `__`',
    source: '`numpy.save`',
  },
  of: 'blobs',
  write: ({ tops }) => {
    const names = fileNamesOf(
      tops.map(({ blob }) => blob),
      '__',
    );
    return {
      files: tops.map((top) => npyFile(`${names.get(top.blob)!}.npy`, top)),
      notes: [...names]
        .filter(([blob, file]) => file !== blob.replaceAll('/', '__'))
        .map(([blob, file]) => `blob '${blob}' goes to ${file}.npy`),
    };
  },
};

/** An output as an .npy file. */
export function npyFile(file: string, { shape, data }: DumpedTop): DumpFile {
  return {
    file,
    fill: async (sink) => {
      await sink.write(formatNpyHeader(shape));
      await sink.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    },
  };
}
