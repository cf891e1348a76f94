/**
 * PyTorch's checkpoints as torch.save writes them since 1.6: a zip archive with a pickle, `NAME/data.pkl`, and each
 * storage stored as it is, `NAME/data/0`, so that tensors are read in place. TorchScript's archives are the same.
 */
import { NetspecError } from '../../errors.js';
import { isOfKind } from '../../proto/file-kinds/index.js';
import type { RandomAccess } from '../../proto/random-access.js';
import { checkpointTensors } from '../checkpoint.js';
import { PickleIncomplete, unpickle, type PickleValue } from '../pickle.js';
import type { WeightSource } from '../source.js';
import { sourceOfEntries } from '../stored.js';
import { torchEntries } from '../torch-entries.js';
import { TorchHost, TorchStorage } from '../torch-pickle.js';
import type { ZipArchive, ZipEntry } from '../zip.js';
import type { WeightFormat } from './format.js';

/** Pickles hold names and shapes; this is a thousand times what a large model's takes. */
const LARGEST_PICKLE = 2 ** 28;

export const torchZip: WeightFormat = {
  name: 'torch-zip',
  extensions: ['.pth', '.pt', '.bin'],
  docs: {
    files: 'PyTorch: `.pth`, `.pt`, `.bin` of `torch.save` since 1.6 (zip), and TorchScript',
    tensors: "the state dict's keys",
  },
  inFolder: [/\.(pth|pt|bin)$/],
  match: async ({ head, archive }) => isOfKind('zip', head) && pickleEntry(await archive()) !== undefined,
  takesEntry: true,
  open: async ({ access, archive, entry }) => openTorchZip(access, await archive(), entry),
};

/**
 * @throws NetspecError when its pickle is malformed or would call what tensors do not need, or it has no tensors. Tensors
 * that cannot be read are listed with their problem.
 */
async function openTorchZip(access: RandomAccess, archive: ZipArchive, entry?: string): Promise<WeightSource> {
  const pickle = pickleEntry(archive)!;
  const bytes = await archive.bytes(pickle, LARGEST_PICKLE);
  const { tensors, notes, entries } = checkpointTensors(valueOf(bytes), bytes.length, entry);
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const storages = new Map<string, RandomAccess>();
  for (const { tensor } of tensors) {
    if (!(tensor.values instanceof TorchStorage) || storages.has(tensor.values.key)) continue;
    const { key } = tensor.values;
    const stored = archive.entries.get(`${folder}data/${key}`);
    if (!stored) continue;
    if (!stored.stored)
      throw new NetspecError(`zip entry '${stored.name}' is compressed, which PyTorch does not do`, {
        hint: 'unpack the archive and pack it again with zip -0, or save the checkpoint again with torch.save',
      });
    storages.set(key, await archive.locate(stored));
  }
  const order = archive.entries.get(`${folder}byteorder`);
  const bigEndian = order !== undefined && new TextDecoder().decode(await archive.head(order, 3)) === 'big';
  const stored = torchEntries(tensors, storages, access.name, bigEndian);
  const source = sourceOfEntries(access.name ?? 'checkpoint', stored, () => access.close(), notes);
  return { ...source, ...(entries && { entries }) };
}

function valueOf(bytes: Uint8Array): PickleValue {
  try {
    return unpickle(bytes, new TorchHost(bytes.length)).value;
  } catch (error) {
    if (error instanceof PickleIncomplete) throw new NetspecError('malformed pickle: it does not end');
    throw error;
  }
}

/** `data.pkl` in the archive's one folder. */
function pickleEntry({ entries }: ZipArchive): ZipEntry | undefined {
  return [...entries.values()].find(({ name }) => /^([^/]+\/)?data\.pkl$/.test(name));
}
