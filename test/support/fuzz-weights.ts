/**
 * Fuzzing of the readers of weights: damaged files of every format must be read or refused in words, with no more memory
 * than the file is worth, and lead to no file elsewhere: neither one to read nor one to extract to.
 */
import path from 'node:path';
import { arrayFiles } from '../../src/cli/commands/extract.js';
import { NetspecError } from '../../src/errors.js';
import { fromBytes } from '../../src/proto/random-access.js';
import { openWeightFile } from '../../src/weights/open.js';
import { WEIGHT_FORMATS } from '../../src/weights/formats/index.js';
import { mutate, randomBelow } from './mutate.js';
import { examplesOf, type Examples } from './weight-files.js';

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
  beside: Examples['beside'] = new Map(),
): Promise<boolean> {
  const memory = countAllocations();
  try {
    const source = await openWeightFile(fromBytes(bytes, 'damaged'), {
      openBeside: (file) => {
        if (!isBeside(file)) throw new Error(`asked for a file elsewhere: '${file}'`);
        return Promise.resolve(fromBytes(beside.get(file) ?? bytes, file));
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
    file = arrayFiles('out', [name])[0]!;
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

const known = new Map<string, Promise<Examples>>();

/** The files to start from, read once. */
async function seedsOf(name: string): Promise<Examples> {
  const examples = known.get(name) ?? examplesOf(WEIGHT_FORMATS.find((format) => format.name === name)!);
  known.set(name, examples);
  return examples;
}

/** Reads `runs` damaged files of a format, made of its examples, and calls `onCase` before each. */
export async function fuzz(
  format: string,
  runs: number,
  seed: number,
  onCase?: (seed: number, bytes: Uint8Array) => void,
): Promise<Outcome> {
  const { files, beside } = await seedsOf(format);
  const seeds = [...files.values()];
  const outcome = { read: 0, refused: 0 };
  for (let run = 0; run < runs; run++) {
    const of = seed + run;
    const bytes = mutate(seeds[randomBelow(of + 17)(seeds.length)]!, of);
    onCase?.(of, bytes);
    try {
      if (await readDamaged(bytes, undefined, beside)) outcome.read++;
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
