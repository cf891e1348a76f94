/**
 * safetensors: tensors behind a JSON directory.
 * Format: Hugging Face's safetensors, version 0.x; the checks are those of its own reader.
 */
import { NetspecError } from '../../errors.js';
import { isOfKind, wrongKind } from '../../proto/file-kinds/index.js';
import type { RandomAccess } from '../../proto/random-access.js';
import { product } from '../../shapes.js';
import { ELEMENT_TYPES } from '../elements.js';
import { parseJsonObject } from '../json-object.js';
import type { WeightSource } from '../source.js';
import { problemEntry, sourceOfEntries, storedEntry, type TensorEntry } from '../stored.js';
import { writeSafetensors } from '../write-archive.js';
import type { WeightFormat } from './format.js';

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

export const safetensors: WeightFormat = {
  name: 'safetensors',
  extensions: ['.safetensors'],
  docs: { files: '`.safetensors`', tensors: 'their names' },
  inFolder: [/\.safetensors$/],
  // A file of this name that is of no known kind is said to be damaged by what its header lacks.
  match: ({ head, access }) =>
    isOfKind('safetensors', head) ||
    (access.name?.endsWith('.safetensors') === true && wrongKind(head, 'weights', true) === undefined),
  open: ({ access }) => openSafetensors(access),
  write: writeSafetensors,
};

/**
 * Opens a safetensors file. Only its header is read.
 * @throws NetspecError when it is no safetensors file, is truncated, its header is malformed, or its tensors do not fill
 * it without gaps and overlaps. Tensors of unknown types are listed with their problem.
 */
async function openSafetensors(access: RandomAccess): Promise<WeightSource> {
  const file = access.name;
  const fail = (reason: string): NetspecError => new NetspecError(reason, { file });
  if (access.size < LENGTH_BYTES)
    throw fail(`truncated: the header's length takes 8 bytes, the file has ${access.size}`);
  const start = new Uint8Array(LENGTH_BYTES);
  await access.read(0, start);
  const length = headerLength(start);
  if (length > LONGEST_HEADER)
    throw fail(
      `not a safetensors file: it announces a header of ${length} bytes, at most ${LONGEST_HEADER} are allowed`,
    );
  const dataOffset = LENGTH_BYTES + length;
  if (dataOffset > access.size)
    throw fail(`truncated: the header ends at byte ${dataOffset}, the file has ${access.size}`);
  const header = new Uint8Array(length);
  await access.read(LENGTH_BYTES, header);
  const places: Place[] = [];
  try {
    for (const [name, value] of Object.entries(parseJsonObject(header, 'safetensors header')))
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
    return fail('two data_offsets below 2^53, the first not behind the second');
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

function headerLength(start: Uint8Array): number {
  return Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && (each as number) >= 0);
}
