/**
 * safetensors: tensors behind a JSON directory, and the index of models that are split over several files.
 * Format: Hugging Face's safetensors, version 0.x; the checks are those of its own reader.
 */
import { NetspecError } from '../errors.js';
import type { RandomAccess } from '../proto/random-access.js';
import { product } from '../shapes.js';
import { ELEMENT_TYPES } from './elements.js';
import type { WeightSource } from './source.js';
import { problemEntry, sourceOfEntries, storedEntry, type TensorEntry } from './stored.js';

/** What the format calls our element types. */
const DTYPES: Readonly<Record<string, string>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  F8_E4M3: 'float8_e4m3fn',
  F8_E5M2: 'float8_e5m2',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U64: 'uint64',
  U32: 'uint32',
  U16: 'uint16',
  U8: 'uint8',
  BOOL: 'bool',
};

/** The header's length, before the header. */
const LENGTH_BYTES = 8;
/** The format's own limit. */
const LONGEST_HEADER = 100_000_000;

/** Whether a file that begins so and has `size` bytes in all may be a safetensors file, or a truncated one. */
export function looksLikeSafetensors(start: Uint8Array): boolean {
  return start.length > LENGTH_BYTES && start[LENGTH_BYTES] === 0x7b && headerLength(start) <= LONGEST_HEADER;
}

/**
 * Opens a safetensors file. Only its header is read; `access` is closed with the source.
 * @throws NetspecError when it is no safetensors file, is truncated, its header is malformed, or its tensors do not fill
 * it without gaps and overlaps. Tensors of unknown types are listed with their problem.
 */
export async function openSafetensors(access: RandomAccess): Promise<WeightSource> {
  const file = access.name;
  const fail = (reason: string): NetspecError => new NetspecError(reason, { file });
  if (access.size < LENGTH_BYTES)
    throw fail(`truncated: the header's length takes 8 bytes, the file has ${access.size}`);
  const start = new Uint8Array(LENGTH_BYTES);
  await access.read(0, start);
  const length = headerLength(start);
  if (length > LONGEST_HEADER) throw fail(`not a safetensors file: it announces a header of ${length} bytes`);
  const dataOffset = LENGTH_BYTES + length;
  if (dataOffset > access.size)
    throw fail(`truncated: the header ends at byte ${dataOffset}, the file has ${access.size}`);
  const header = new Uint8Array(length);
  await access.read(LENGTH_BYTES, header);
  const places: Place[] = [];
  try {
    for (const [name, value] of Object.entries(parseObject(header, 'safetensors header')))
      if (name !== '__metadata__') places.push(placeOf(name, value));
    checkPlaces(places, access.size - dataOffset);
  } catch (error) {
    throw error instanceof NetspecError ? error.within({ file }) : error;
  }
  const entries = places.map((place) => entryOf(place, access, dataOffset));
  return sourceOfEntries(file ?? 'safetensors', entries, () => access.close());
}

/** One tensor as the header gives it; offsets count from the header's end. */
interface Place {
  name: string;
  dtype: string;
  shape: readonly number[];
  begin: number;
  end: number;
}

function placeOf(name: string, value: unknown): Place {
  const fail = (expected: string): never => {
    throw new NetspecError(`malformed safetensors header: tensor '${name}': expected ${expected}`);
  };
  if (typeof value !== 'object' || value === null) return fail('an object with dtype, shape and data_offsets');
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (typeof dtype !== 'string') return fail('a dtype');
  if (!isCounts(shape)) return fail('a shape of whole numbers');
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    return fail('two data_offsets, the first not behind the second');
  const [begin, end] = offsets as [number, number];
  const element = ELEMENT_TYPES.get(DTYPES[dtype] ?? '');
  const wanted = element && product(shape) * element.bytes;
  if (wanted !== undefined && wanted !== end - begin)
    return fail(`${wanted} bytes, which (${shape.join(', ')}) of ${dtype} takes, got ${end - begin}`);
  return { name, dtype, shape, begin, end };
}

/** Tensors follow each other without gap or overlap, and the last ends where the file does. */
function checkPlaces(places: readonly Place[], size: number): void {
  let at = 0;
  for (const { name, begin, end } of [...places].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (end > size)
      throw new NetspecError(`truncated: tensor '${name}' ends at byte ${end} of the data, there are ${size}`);
    if (begin !== at)
      throw new NetspecError(
        `malformed safetensors header: tensor '${name}' begins at byte ${begin} of the data, ` +
          `the one before it ends at ${at}`,
      );
    at = end;
  }
  if (at !== size) throw new NetspecError(`${size - at} bytes too many after the last tensor`);
}

function entryOf({ name, dtype, shape, begin }: Place, access: RandomAccess, dataOffset: number): TensorEntry {
  const element = ELEMENT_TYPES.get(DTYPES[dtype] ?? '');
  if (element) return storedEntry(name, { shape, element, access, offset: dataOffset + begin }, access.name);
  const problem = new NetspecError(`its element type is ${dtype}: expected floats, integers or bool`);
  return problemEntry({ name, shape, dtype }, problem, access.name);
}

/** What an index of several files says: which of them holds each tensor. */
export interface ShardIndex {
  /** File names by tensor name; each lies beside the index. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Parses `model.safetensors.index.json`, and PyTorch's index of the same form.
 * @param file what errors call it
 * @throws NetspecError when it is no such index, or names a file elsewhere than beside it
 */
export function parseShardIndex(bytes: Uint8Array, file?: string): ShardIndex {
  try {
    const { weight_map: map } = parseObject(bytes, 'index of weight files');
    if (typeof map !== 'object' || map === null || Array.isArray(map))
      throw new NetspecError('malformed index of weight files: it has no weight_map');
    const files = new Map<string, string>();
    for (const [name, shard] of Object.entries(map)) {
      if (typeof shard !== 'string' || shard === '')
        throw new NetspecError(`malformed index of weight files: tensor '${name}' has no file name`);
      if (/[/\\\0]/.test(shard) || shard === '.' || shard === '..')
        throw new NetspecError(`the index names '${shard}' for tensor '${name}': expected a file beside the index`);
      files.set(name, shard);
    }
    if (files.size === 0) throw new NetspecError('the index of weight files names no tensors');
    return { files };
  } catch (error) {
    throw error instanceof NetspecError ? error.within({ file }) : error;
  }
}

/**
 * The files of an index as one source: its tensors, in its order.
 * @param openShard opens a file that lies beside the index
 * @throws NetspecError when a file cannot be opened or lacks a tensor; files that are open by then are closed
 */
export async function openShards(
  description: string,
  { files }: ShardIndex,
  openShard: (file: string) => Promise<WeightSource>,
): Promise<WeightSource> {
  const shards = new Map<string, WeightSource>();
  const close = async (): Promise<void> => {
    await Promise.all([...shards.values()].map((shard) => shard.close()));
  };
  try {
    for (const file of new Set(files.values())) shards.set(file, await openShard(file));
    const infos = new Map([...shards].map(([file, s]) => [file, new Map(s.list().map((info) => [info.name, info]))]));
    const entries = [...files].map(([name, file]): TensorEntry => {
      const shard = shards.get(file)!;
      const info = infos.get(file)!.get(name);
      if (!info) throw new NetspecError(`the index says that '${file}' has tensor '${name}', which it has not`);
      return { info, read: () => shard.read(name), stored: shard.stored?.(name) };
    });
    return sourceOfEntries(description, entries, close);
  } catch (error) {
    await close();
    throw error;
  }
}

function headerLength(start: Uint8Array): number {
  return Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && (each as number) >= 0);
}

function parseObject(bytes: Uint8Array, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new NetspecError(`malformed ${what}: it is no JSON`, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new NetspecError(`malformed ${what}: expected an object`);
}
