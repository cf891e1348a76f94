/**
 * Fuzzing of the readers of weights: damaged files of every format must be read or refused in words, with no more memory
 * than the file is worth, and lead to no file elsewhere: neither one to read nor one to extract to.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { arrayFile } from '../../src/cli/commands/extract.js';
import { NetspecError } from '../../src/errors.js';
import { fromBytes } from '../../src/proto/random-access.js';
import { openWeightFile } from '../../src/weights/open.js';
import * as wire from '../proto/wire-bytes.js';
import { mutate, randomBelow } from './mutate.js';
import { packSmallModel } from './small-model.js';

const folder = path.join(import.meta.dirname, '..', 'fixtures', 'checkpoints');
const files = (...names: string[]): Uint8Array[] =>
  names.map((name) => new Uint8Array(readFileSync(path.join(folder, name))));

/** What lies beside the index. */
const SHARDS = new Map(
  [1, 2].map((i) => `model-0000${i}-of-00002.safetensors`).map((name) => [name, files(`sharded/${name}`)[0]!]),
);

/** Files to start from, by format. The .npy files of another folder have every element type. */
export const FORMATS: Readonly<Record<string, () => Uint8Array[] | Promise<Uint8Array[]>>> = {
  npy: () => {
    const npy = path.join(folder, '..', 'npy');
    const names = readdirSync(npy).filter((name) => name.endsWith('.npy'));
    return names.map((name) => new Uint8Array(readFileSync(path.join(npy, name))));
  },
  npz: () => files('small.npz', 'small_compressed.npz'),
  'pth (zip)': () =>
    files('tensors.pth', 'training.pth', 'module.pth', 'newer_big_endian.pth', 'torchscript.pt', 'evil.pth'),
  'pth (legacy)': () =>
    files('tensors_legacy.pth', 'training_legacy.pth', 'module_legacy.pth', 'numpy.pkl', 'evil_legacy.pth'),
  safetensors: () => files('small.safetensors', 'types.safetensors'),
  'safetensors index': () => files('sharded/model.safetensors.index.json'),
  caffemodel: caffemodels,
};

/** One of ours; a V1 file with doubles; BatchNorm with its factor, half precision of NVIDIA's, values with tags of their own. */
async function caffemodels(): Promise<Uint8Array[]> {
  const [small] = files('small.safetensors');
  const { layer, v1Layer, blob } = wire;
  const v1 = [
    ...wire.bytes(v1Layer.name, 'old'),
    ...wire.int(v1Layer.type, 4),
    ...wire.bytes(v1Layer.blobs, [
      ...[blob.num, blob.channels, blob.height].flatMap((field) => wire.int(field, 1)),
      ...wire.int(blob.width, 3),
      ...wire.bytes(blob.doubleData, wire.doubles([1, 2, 3])),
    ]),
  ];
  const values = (count: number, ...fields: number[][]) =>
    wire.bytes(layer.blobs, [...wire.shape(count), ...fields.flat()]);
  const norm = [
    ...wire.bytes(layer.name, 'norm'),
    ...wire.bytes(layer.type, 'BatchNorm'),
    ...values(2, wire.bytes(blob.data, wire.floats([2, 4]))),
    ...values(2, wire.float(blob.data, 6), wire.float(blob.data, 8)),
    ...values(1, wire.bytes(blob.data, wire.floats([2]))),
  ];
  const half = [...wire.bytes(layer.name, 'half'), ...values(2, wire.int(10, 2), wire.bytes(12, [0, 60, 0, 64]))];
  return [
    await packSmallModel(await openWeightFile(fromBytes(small!, 'small'))),
    Uint8Array.from(wire.bytes(wire.net.layers, v1)),
    Uint8Array.from([...wire.bytes(wire.net.layer, norm), ...wire.bytes(wire.net.layer, half)]),
  ];
}

/** What a source may hold in memory beside the values that the file has: pieces, windows, the directory. */
const WORKING_BYTES = 2 ** 22;
/** Of half precision and eight-bit floats, and of directories with their names: memory for each byte of the file. */
const BYTES_PER_BYTE = 16;

export interface Outcome {
  read: number;
  refused: number;
}

/**
 * Reads all that a damaged file holds.
 * @returns whether it was read; a refusal is none
 * @throws anything that is no NetspecError, a message that explains nothing, and more memory taken than the file is worth
 */
export async function readDamaged(
  bytes: Uint8Array,
  limit = WORKING_BYTES + BYTES_PER_BYTE * bytes.length,
): Promise<boolean> {
  const memory = countAllocations();
  try {
    const source = await openWeightFile(fromBytes(bytes, 'damaged'), {
      openBeside: (file) => {
        if (!isBeside(file)) throw new Error(`asked for a file elsewhere: '${file}'`);
        return Promise.resolve(fromBytes(SHARDS.get(file) ?? bytes, file));
      },
    });
    let read = true;
    for (const { name } of source.list())
      try {
        checkExtracted(name);
        const { data } = await source.read(name);
        memory.largest = Math.max(memory.largest, data.byteLength);
        const pieces = source.pieces?.(name);
        if (pieces) for await (const piece of pieces) if (piece.length === 0) throw new Error('an empty piece');
      } catch (error) {
        explain(error);
        read = false;
      }
    await source.close();
    return read;
  } catch (error) {
    explain(error);
    return false;
  } finally {
    memory.stop();
    // eslint-disable-next-line no-unsafe-finally -- nothing else can be in flight: everything else is caught above
    if (memory.largest > limit) throw new Error(`allocated ${memory.largest} bytes for a file of ${bytes.length}`);
  }
}

function isBeside(file: string): boolean {
  return file !== '' && file !== '.' && file !== '..' && !/[/\\\0]/.test(file);
}

/** Whether extracting a tensor of that name would stay in its folder, on this system and on Windows. */
function checkExtracted(name: string): void {
  let file: string;
  try {
    file = arrayFile('out', name);
  } catch (error) {
    explain(error);
    return;
  }
  for (const system of [path.posix, path.win32])
    if (!system.resolve(file).startsWith(system.resolve('out') + system.sep))
      throw new Error(`'${name}' would be extracted to ${file}`);
}

function explain(error: unknown): void {
  if (!(error instanceof NetspecError)) throw error;
  if (error.reason === '' || /undefined|NaN|\[object|Invalid/.test(error.message))
    throw new Error(`a message that explains nothing: ${error.message}`);
}

const seedFiles = new Map<string, Promise<Uint8Array[]>>();

/** The files to start from, read once. */
function seedsOf(format: string): Promise<Uint8Array[]> {
  const known = seedFiles.get(format) ?? Promise.resolve(FORMATS[format]!());
  seedFiles.set(format, known);
  return known;
}

/** Reads `runs` damaged files of a format, and calls `onCase` before each. */
export async function fuzz(
  format: string,
  runs: number,
  seed: number,
  onCase?: (seed: number, bytes: Uint8Array) => void,
): Promise<Outcome> {
  const seeds = await seedsOf(format);
  const outcome = { read: 0, refused: 0 };
  for (let run = 0; run < runs; run++) {
    const of = seed + run;
    const bytes = mutate(seeds[randomBelow(of + 17)(seeds.length)]!, of);
    onCase?.(of, bytes);
    try {
      if (await readDamaged(bytes)) outcome.read++;
      else outcome.refused++;
    } catch (error) {
      throw new Error(`${format}, seed ${of}: ${(error as Error).message}`, { cause: error });
    }
  }
  return outcome;
}

const ARRAYS = [
  'Uint8Array',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'ArrayBuffer',
] as const;

/** Watches how large the buffers are that are asked for, until stopped. */
function countAllocations(): { largest: number; stop: () => void } {
  type ArrayClass = (new (...args: unknown[]) => object) & { BYTES_PER_ELEMENT?: number };
  const scope = globalThis as unknown as Record<string, ArrayClass>;
  const originals = ARRAYS.map((name) => scope[name]!);
  const count = {
    largest: 0,
    stop: () => ARRAYS.forEach((name, i) => (scope[name] = originals[i]!)),
  };
  for (const [i, name] of ARRAYS.entries()) {
    const original = originals[i]!;
    const width = original.BYTES_PER_ELEMENT ?? 1;
    scope[name] = new Proxy(original, {
      construct(target, args: unknown[], newTarget) {
        if (typeof args[0] === 'number') count.largest = Math.max(count.largest, args[0] * width);
        return Reflect.construct(target, args, newTarget) as object;
      },
    });
  }
  return count;
}
