/**
 * openDump: layer outputs that a toolchain, a board or another program wrote, as a source of references: everything that holds
 * weights, and the formats of src/dumps/, one file or a folder of them.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { NetspecError } from '../errors.js';
import { DUMP_FORMATS, type DumpFormat, type DumpTensor } from '../dumps/index.js';
import { parseRaw, RAW_FILE } from '../dumps/raw.js';
import type { TensorInfo, WeightSource } from '../weights/source.js';
import { noSuchTensor } from '../weights/source.js';
import { explained } from './explain.js';
import { readBytes } from './files.js';
import { openWeights } from './open-weights.js';

/** References, and those among them whose files do not say their shape: the values are in order. */
export interface OpenDump {
  readonly source: WeightSource;
  readonly shapeless: ReadonlySet<string>;
}

const FORMATS: readonly DumpFormat[] = DUMP_FORMATS;
/** The readers, the one that takes any text last. */
const READERS = FORMATS.flatMap(({ read }) => (read ? [read] : [])).reverse();

/**
 * @param from a file, or a folder
 * @param dtype element type of raw binary files (`.bin`, `.raw`, `.dat`), in numpy's words
 * @throws NetspecError naming the path when there is nothing, it is no dump, or a file of it is malformed
 */
export async function openDump(from: string, { dtype }: { dtype?: string } = {}): Promise<OpenDump> {
  const stats = await explained('read', from, () => stat(from));
  const names = stats.isDirectory() ? (await explained('read', from, () => readdir(from))).sort() : [];
  if (names.some((name) => name.endsWith('.npy'))) return { source: renamed(await openWeights(from)), shapeless: none };
  const archives = names.filter((name) => name.endsWith('.npz'));
  if (archives.length === 1) return { source: await openWeights(path.join(from, archives[0]!)), shapeless: none };
  const files = stats.isDirectory() ? names.map((name) => path.join(from, name)) : [from];
  const readable = files.flatMap((file) => {
    const read = readerOf(path.basename(file), dtype);
    return read ? [{ file, read }] : [];
  });
  if (readable.length > 0) return sourceOfFiles(from, readable);
  const raw = files.find((file) => RAW_FILE.test(file));
  if (raw !== undefined && stats.isDirectory())
    throw new NetspecError('a raw binary file does not say what its values are', {
      file: raw,
      hint: 'say it: options.dtype float32, or int8 with options.scales',
    });
  return { source: await openWeights(from), shapeless: none };
}

const none: ReadonlySet<string> = new Set();

type Read = (bytes: Uint8Array, file: string) => readonly DumpTensor[];

/** How a file is read; undefined for one that is no dump, or one of weights. */
function readerOf(name: string, dtype: string | undefined): Read | undefined {
  if (dtype !== undefined && RAW_FILE.test(name)) return (bytes, file) => [parseRaw(bytes, file, dtype)];
  return READERS.find(({ match }) => match(name))?.parse;
}

/** Values are not kept: a file is read again when a tensor of it is wanted. */
async function sourceOfFiles(description: string, files: readonly { file: string; read: Read }[]): Promise<OpenDump> {
  const infos: TensorInfo[] = [];
  const shapeless = new Set<string>();
  const places = new Map<string, { file: string; read: Read }>();
  for (const place of files) {
    for (const { name, shape, dtype, data } of await tensorsOf(place)) {
      if (places.has(name))
        throw new NetspecError(`there are two tensors '${name}'`, {
          file: description,
          hint: `${places.get(name)!.file} and ${place.file}: keep one`,
        });
      places.set(name, place);
      infos.push({ name, shape: shape ?? [data.length], dtype });
      if (!shape) shapeless.add(name);
    }
  }
  const source: WeightSource = {
    description,
    list: () => infos,
    read: async (name) => {
      const place = places.get(name);
      if (!place) throw noSuchTensor(name, description, places.keys());
      const { shape, data } = (await tensorsOf(place)).find((tensor) => tensor.name === name)!;
      return { shape: shape ?? [data.length], data };
    },
    close: () => Promise.resolve(),
  };
  return { source, shapeless };
}

async function tensorsOf({ file, read }: { file: string; read: Read }): Promise<readonly DumpTensor[]> {
  const bytes = await readBytes(file);
  try {
    return read(bytes, path.basename(file));
  } catch (error) {
    throw error instanceof NetspecError ? error.within({ file }) : error;
  }
}

/** A folder of .npy files whose names may be a toolchain's. What is an operator's input there is left out. */
function renamed(source: WeightSource): WeightSource {
  const names = new Map<string, string>();
  for (const { name } of source.list()) {
    const plain = nameOfNpy(name.replace(/^.*\//, '')) ?? name;
    const other = names.get(plain);
    if (other !== undefined)
      throw new NetspecError(`'${other}' and '${name}' are both the output '${plain}'`, {
        file: source.description,
        hint: 'keep the files of one run in a folder',
      });
    names.set(plain, name);
  }
  const infos = new Map(source.list().map((info) => [info.name, info]));
  if ([...names].every(([plain, name]) => plain === name)) return source;
  const list = [...names].map(([name, stored]) => ({ ...infos.get(stored)!, name }));
  return {
    description: source.description,
    list: () => list,
    read: (name) => {
      const stored = names.get(name);
      return stored === undefined
        ? Promise.reject(noSuchTensor(name, source.description, names.keys()))
        : source.read(stored);
    },
    close: () => source.close(),
  };
}

function nameOfNpy(file: string): string | undefined {
  for (const { nameOfNpy: of } of FORMATS) {
    const name = of?.(file);
    if (name !== undefined) return name;
  }
  return undefined;
}
