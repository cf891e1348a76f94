/**
 * npz: numpy's archives of .npy files. Stored ones are read in place; those of numpy.savez_compressed are inflated when
 * they are read.
 */
import { NetspecError } from '../../errors.js';
import { isOfKind } from '../../proto/file-kinds/index.js';
import type { RandomAccess } from '../../proto/random-access.js';
import { tensorNamesOf } from '../file-names.js';
import {
  NPY_HEAD_BYTES,
  checkNpyHeader,
  parseNpy,
  parseNpyHeader,
  readNpy,
  readNpyHeaderUnchecked,
  type NpyHeader,
} from '../npy.js';
import type { WeightSource } from '../source.js';
import { problemEntry, sourceOfEntries, type TensorEntry } from '../stored.js';
import { writeNpz } from '../write-archive.js';
import type { ZipArchive, ZipEntry } from '../zip.js';
import type { WeightFormat } from './format.js';

const SUFFIX = '.npy';

export const npz: WeightFormat = {
  name: 'npz',
  extensions: ['.npz'],
  docs: { files: '`.npz`, stored or compressed', tensors: 'the names of the files in it, without `.npy`' },
  match: async ({ head, archive }) => isOfKind('zip', head) && isNpz(await archive()),
  open: async ({ access, archive }) => openNpz(access, await archive()),
  write: writeNpz,
};

/** Whether an archive holds .npy files. */
function isNpz({ entries }: ZipArchive): boolean {
  return [...entries.keys()].some((name) => name.endsWith(SUFFIX));
}

/**
 * The arrays of an archive as a source. Only headers are read. What cannot be read as .npy is listed with its problem.
 * @throws NetspecError when the file cannot be read
 */
async function openNpz(access: RandomAccess, archive: ZipArchive): Promise<WeightSource> {
  const entries: TensorEntry[] = [];
  const arrays = [...archive.entries.values()].filter(({ name }) => name.endsWith(SUFFIX));
  const names = tensorNamesOf(arrays.map(({ name }) => name.slice(0, -SUFFIX.length)));
  for (const [i, entry] of arrays.entries()) entries.push(await tensorEntry(names[i]!, archive, entry, access.name));
  return sourceOfEntries(access.name ?? 'npz', entries, () => access.close());
}

async function tensorEntry(
  name: string,
  archive: ZipArchive,
  entry: ZipEntry,
  file: string | undefined,
): Promise<TensorEntry> {
  let header: NpyHeader | undefined;
  try {
    const place = await archive.locate(entry);
    header = entry.stored
      ? await readNpyHeaderUnchecked(place)
      : parseNpyHeader(await archive.head(entry, NPY_HEAD_BYTES), entry.size, place.name);
    checkNpyHeader(header, { size: entry.size, name: place.name });
    const { shape, dtype, dataOffset, count, descr, fortranOrder } = header;
    const info = { name, shape, dtype };
    if (!entry.stored) return { info, read: async () => parseNpy(await archive.bytes(entry), place.name) };
    const streams = descr === '<f4' && !fortranOrder;
    return {
      info,
      read: () => readNpy(place),
      ...(streams && { stored: { access: place, offset: dataOffset, count } }),
    };
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    return problemEntry({ name, shape: header?.shape ?? [], dtype: header?.dtype ?? 'unknown' }, error, file);
  }
}
