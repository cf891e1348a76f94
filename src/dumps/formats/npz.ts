/** npz: one archive with an array for each blob, as pycaffe's `net.blobs` has them. */
import { writeNpz } from '../../weights/write-archive.js';
import type { DumpedTop, DumpFile, DumpFormat } from '../format.js';

export const npz: DumpFormat = {
  name: 'npz',
  docs: {
    readBy: 'numpy, and `verify`',
    names: '`blobs.npz`, with an array for each blob',
    source: '`numpy.savez`',
  },
  of: 'blobs',
  extension: '.npz',
  write: ({ tops }) => ({ files: [archiveOf('blobs.npz', tops)] }),
};

/** Blobs as one .npz file, each array under the blob's name. */
export function archiveOf(file: string, tops: readonly DumpedTop[]): DumpFile {
  return {
    file,
    fill: (sink) =>
      writeNpz(
        sink,
        tops.map(({ blob, shape, data }) => ({ name: blob, shape, pieces: () => [data] })),
      ),
  };
}
