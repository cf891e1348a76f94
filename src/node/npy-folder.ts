/**
 * A folder of .npy files as a weight source, and single .npy files by path. Only headers are read to list a folder.
 */
import { FLOATS, LIST, TEXT, checkArguments } from '../arguments.js';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { NetspecError } from '../errors.js';
import type { RandomAccess, StoredFloats } from '../proto/random-access.js';
import { product } from '../shapes.js';
import { floatPieces } from '../weights/float-pieces.js';
import {
  checkNpyHeader,
  formatNumpyShape,
  formatNpyHeader,
  readNpy,
  readNpyHeader,
  readNpyHeaderUnchecked,
  type NpyArray,
  type NpyHeader,
} from '../weights/npy.js';
import { tensorNamesOf } from '../weights/file-names.js';
import { noSuchTensor, type TensorInfo, type WeightSource } from '../weights/source.js';
import { explained } from './explain.js';
import { openFile, writeFilesAtomically, type FileToWrite } from './files.js';

/**
 * Reads one .npy file.
 * @throws NetspecError naming the file when it cannot be read or is no such file.
 * @example
 * const { shape, dtype, data } = await readNpyFile('x.npy');
 * shape; // → [1, 3, 8, 8]
 * dtype; // → 'float32'
 * data.length; // → 192
 */
export function readNpyFile(file: string): Promise<NpyArray> {
  return opened(file, readNpy);
}

/** What is done with a file while it is open. */
async function opened<T>(file: string, action: (access: RandomAccess) => Promise<T>): Promise<T> {
  const access = await openFile(file);
  try {
    return await action(access);
  } finally {
    await access.close();
  }
}

/**
 * Writes one .npy file of float32 values, whole or not at all.
 * @throws NetspecError naming the file when it cannot be written.
 * @example
 * await writeNpyFile('small.npy', [2, 2], Float32Array.of(1, 2, 3, 4));
 * (await readNpyFile('small.npy')).shape; // → [2, 2]
 */
export async function writeNpyFile(file: string, shape: readonly number[], data: Float32Array): Promise<void> {
  checkArguments('writeNpyFile()', { file: [file, TEXT], shape: [shape, LIST], data: [data, FLOATS] });
  await writeFilesAtomically([npyFile(file, shape, data)]);
}

/**
 * An .npy file of float32 values, to be written by `writeFilesAtomically`.
 * @throws NetspecError naming the file when the shape has another number of values.
 */
export function npyFile(file: string, shape: readonly number[], data: Float32Array): FileToWrite {
  const count = product(shape);
  if (count !== data.length)
    throw new NetspecError(`shape ${formatNumpyShape(shape)} has ${count} values, the data ${data.length}`, { file });
  return {
    file,
    fill: async (sink) => {
      await sink.write(formatNpyHeader(shape));
      await sink.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    },
  };
}

/**
 * Tensors in .npy files. A tensor's name is its path below the folder, without `.npy`; what `forward` and `extract` had to escape
 * in it stands for itself again.
 */
export class NpyFolderSource implements WeightSource {
  readonly description: string;
  readonly #tensors: readonly TensorInfo[];
  readonly #files: ReadonlyMap<string, string>;
  /** Where the values lie in files that hold what a caffemodel holds, so that they can be handed through in pieces. */
  readonly #stored: ReadonlyMap<string, StoredFloats>;

  private constructor(
    readonly folder: string,
    tensors: readonly TensorInfo[],
    files: ReadonlyMap<string, string>,
    stored: ReadonlyMap<string, StoredFloats>,
  ) {
    this.description = folder;
    this.#tensors = tensors;
    this.#stored = stored;
    this.#files = files;
  }

  /**
   * Lists a folder and the folders in it, linked files included, linked folders not. Files that cannot be read as .npy are listed with their problem, which counts
   * only when they are wanted.
   * @throws NetspecError when it is no folder, or has no .npy files.
   */
  static async open(folder: string): Promise<NpyFolderSource> {
    const stats = await explained('read', folder, () => stat(folder));
    if (!stats.isDirectory()) throw new NetspecError('expected a folder of .npy files', { file: folder });
    const { default: glob } = await import('fast-glob');
    // Linked files count, linked folders do not: one that leads back up would list everything forty times.
    const entries = await glob('**/*.npy', {
      cwd: folder,
      objectMode: true,
      onlyFiles: false,
      followSymbolicLinks: false,
    });
    const files = entries.filter(({ dirent }) => !dirent.isDirectory()).map((entry) => entry.path);
    if (files.length === 0) throw new NetspecError('the folder has no .npy files', { file: folder });
    const tensors: TensorInfo[] = [];
    const stored = new Map<string, StoredFloats>();
    const names = tensorNamesOf(files.sort().map((file) => file.slice(0, -'.npy'.length)));
    const fileOf = new Map<string, string>();
    for (const [i, file] of files.entries()) {
      const name = names[i]!;
      fileOf.set(name, path.join(folder, file));
      const { header, problem } = await inspect(path.join(folder, file));
      const { shape = [], dtype = 'unknown' } = header ?? {};
      tensors.push({ name, shape, dtype, ...(problem && { problem }) });
      if (header?.descr === '<f4' && !header.fortranOrder && !problem) {
        const { dataOffset: offset, count } = header;
        stored.set(name, { access: unopened(path.join(folder, file), offset + 4 * count), offset, count });
      }
    }
    return new NpyFolderSource(folder, tensors, fileOf, stored);
  }

  list(): readonly TensorInfo[] {
    return this.#tensors;
  }

  async read(name: string): Promise<NpyArray> {
    const file = this.#files.get(name);
    if (file === undefined) throw noSuchTensor(name, this.description, this.#files.keys());
    return readNpyFile(file);
  }

  pieces(name: string): AsyncIterable<Float32Array> | undefined {
    return this.#stored.has(name) ? streamFile(this.#files.get(name)!) : undefined;
  }

  stored(name: string): StoredFloats | undefined {
    return this.#stored.get(name);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A file of a folder that may have more than can be open at a time: it is open while it is read. */
function unopened(file: string, size: number): RandomAccess {
  return {
    size,
    name: file,
    stretch: { file, size, start: 0 },
    read: (offset, target) => opened(file, (access) => access.read(offset, target)),
    close: () => Promise.resolve(),
  };
}

async function* streamFile(file: string): AsyncGenerator<Float32Array> {
  const access = await openFile(file);
  try {
    const { dataOffset, count } = await readNpyHeader(access);
    yield* floatPieces({ access, offset: dataOffset, count });
  } finally {
    await access.close();
  }
}

/** A file's header, as far as it has one, and what is wrong with it. */
async function inspect(file: string): Promise<{ header?: NpyHeader; problem?: NetspecError }> {
  let header: NpyHeader | undefined;
  try {
    return await opened(file, async (access) => {
      header = await readNpyHeaderUnchecked(access);
      checkNpyHeader(header, access);
      return { header };
    });
  } catch (error) {
    if (error instanceof NetspecError) return { header, problem: error };
    throw error;
  }
}
