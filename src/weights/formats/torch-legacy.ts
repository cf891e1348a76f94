/**
 * PyTorch's checkpoints from before 1.6: pickles one after the other (a magic number, the protocol, the machine, what was
 * saved, the keys of its storages), then each storage as its number of elements and its values.
 */
import { NetspecError } from '../../errors.js';
import { isOfKind } from '../../proto/file-kinds/index.js';
import { section, type RandomAccess } from '../../proto/random-access.js';
import { checkpointTensors } from '../checkpoint.js';
import { PickleIncomplete, unpickle, type PickleHost, type PickleValue, type Unpickled } from '../pickle.js';
import type { WeightSource } from '../source.js';
import { sourceOfEntries } from '../stored.js';
import { torchEntries } from '../torch-entries.js';
import { TorchHost, elementBytes, storageKey } from '../torch-pickle.js';
import type { WeightFormat } from './format.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

/** Read at first, and then twice as much, until the pickles end. */
const FIRST_READ = 2 ** 16;
/** Pickles hold names and shapes; this is a thousand times what a large model's takes. */
const LARGEST_PICKLE = 2 ** 28;

export const torchLegacy: WeightFormat = {
  name: 'torch-legacy',
  extensions: ['.pth', '.pt', '.bin', '.pkl'],
  docs: {
    files:
      'PyTorch: the same of `torch.save` before 1.6 (legacy); a pickle of numpy arrays (`.pkl`), as model zoos have them',
    tensors: "the state dict's or the dictionary's keys",
  },
  match: ({ head }) => isOfKind('pickle', head),
  takesEntry: true,
  open: ({ access, entry }) => openTorchLegacy(access, entry),
};

/**
 * A file that is one pickle of numpy arrays is read too.
 * @throws NetspecError when it is no checkpoint or is truncated, its pickle is malformed or would call what tensors do not
 * need, or it has no tensors. Tensors that cannot be read are listed with their problem.
 */
async function openTorchLegacy(access: RandomAccess, entry?: string): Promise<WeightSource> {
  const pickles = await readPickles(access);
  const { tensors, notes, entries } = checkpointTensors(pickles.saved, pickles.end, entry);
  const storages = await locateStorages(access, pickles);
  const stored = torchEntries(tensors, storages, access.name);
  const source = sourceOfEntries(access.name ?? 'checkpoint', stored, () => access.close(), notes);
  return { ...source, ...(entries && { entries }) };
}

interface Pickles {
  saved: PickleValue;
  keys: PickleValue;
  host: TorchHost;
  /** Where the storages begin. */
  end: number;
}

/** Reads the pickles at the start of the file, as much of it as they take. */
async function readPickles(access: RandomAccess): Promise<Pickles> {
  const limit = Math.min(access.size, LARGEST_PICKLE);
  for (let length = Math.min(FIRST_READ, limit); ; length = Math.min(2 * length, limit)) {
    const bytes = new Uint8Array(length);
    await access.read(0, bytes);
    try {
      return parsePickles(bytes);
    } catch (error) {
      if (!(error instanceof PickleIncomplete)) throw error;
      if (length < limit) continue;
      throw new NetspecError(
        length < access.size
          ? `its pickles do not end within ${limit} bytes`
          : `truncated: the file ends within its pickles, at byte ${length}`,
      );
    }
  }
}

/** Values that must be numbers and texts refer to nothing. */
const NOTHING: PickleHost = {
  call: ({ path }) => {
    throw new NetspecError(`not a PyTorch checkpoint: its pickle begins with a call of ${path}`);
  },
  persistent: () => {
    throw new NetspecError('not a PyTorch checkpoint');
  },
};

function parsePickles(bytes: Uint8Array): Pickles {
  const host = new TorchHost(bytes.length);
  let at = 0;
  const next = (by: PickleHost): PickleValue => {
    const { value, end }: Unpickled = unpickle(bytes, by, at);
    at = end;
    return value;
  };
  const first = next(host);
  if (first !== MAGIC) return { saved: first, keys: [], host, end: at };
  const protocol = next(NOTHING);
  if (protocol !== PROTOCOL)
    throw new NetspecError(`not a PyTorch checkpoint: its protocol is another than ${PROTOCOL}`);
  next(NOTHING); // sizes of C's types on the machine that wrote it
  const saved = next(host);
  const keys = next(NOTHING);
  return { saved, keys, host, end: at };
}

/** Where each storage's values lie: they follow each other in the order of the keys. */
async function locateStorages(
  access: RandomAccess,
  { keys, host, end }: Pickles,
): Promise<ReadonlyMap<string, RandomAccess>> {
  if (!Array.isArray(keys)) throw new NetspecError('malformed checkpoint: the keys of its storages are no list');
  const places = new Map<string, RandomAccess>();
  let at = end;
  for (const each of keys) {
    const key = storageKey(each);
    const storage = host.storages.get(key);
    if (!storage || places.has(key)) throw new NetspecError(`malformed checkpoint: storage '${key}' is not known`);
    const bytes = elementBytes(storage);
    if (bytes === undefined)
      throw new NetspecError(`storage '${key}' has elements of type ${storage.dtype!}, which are not known`);
    const length = await readCount(access, at, key);
    if (length !== storage.count)
      throw new NetspecError(
        `malformed checkpoint: storage '${key}' has ${length} elements where ${storage.count} are announced`,
      );
    const size = length * bytes;
    at += 8;
    if (at + size > access.size)
      throw new NetspecError(`truncated: storage '${key}' ends at byte ${at + size}, the file has ${access.size}`);
    places.set(key, section(access, at, size));
    at += size;
  }
  return places;
}

async function readCount(access: RandomAccess, at: number, key: string): Promise<number> {
  if (at + 8 > access.size)
    throw new NetspecError(`truncated: storage '${key}' begins at byte ${at}, the file has ${access.size}`);
  const bytes = new Uint8Array(8);
  await access.read(at, bytes);
  return Number(new DataView(bytes.buffer).getBigInt64(0, true));
}
