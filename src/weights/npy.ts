/**
 * npy: numpy's .npy files, read with every check that a damaged or foreign file needs, and written as numpy.save does.
 * Format: numpy's enhancement proposal 1, versions 1.0, 2.0 and 3.0.
 */
import { BYTES, FLOATS, LIST, checkArguments } from '../arguments.js';
import { NetspecError } from '../errors.js';
import type { RandomAccess } from '../proto/random-access.js';
import { product } from '../shapes.js';
import { ELEMENT_TYPES, NUMPY_DTYPES, gather, reverseEach, type ElementType } from './elements.js';
import type { Tensor } from './source.js';

/** What the head of an .npy file says. */
export interface NpyHeader {
  /** Dimensions, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** Element type as the file writes it, with its byte order: `<f4`. */
  readonly descr: string;
  /** The same in words, without the byte order: `float32`. */
  readonly dtype: string;
  /** Whether the first index varies fastest. */
  readonly fortranOrder: boolean;
  /** Where the values begin, in bytes. */
  readonly dataOffset: number;
  /** How many values there are. */
  readonly count: number;
}

/** A whole .npy file. The values are row-major whatever the file's order was. */
export interface NpyArray extends Tensor {
  readonly dtype: string;
}

/** What other letters of a type mean, for saying what is not supported. */
const UNSUPPORTED_KINDS: Readonly<Record<string, string>> = {
  c: 'complex numbers',
  f: 'extended-precision floats',
  O: 'pickled Python objects',
  U: 'text',
  S: 'byte strings',
  V: 'raw records',
  M: 'dates',
  m: 'time differences',
};

const MAGIC = '\x93NUMPY';
/** Magic and version; the header's length follows. */
const PREAMBLE_BYTES = 8;
/** No numeric array's header comes near this; numpy itself refuses to evaluate more than 10,000. */
const LONGEST_HEADER = 65_536;
/** Bytes at the start of a file that hold all of the header. */
export const NPY_HEAD_BYTES = PREAMBLE_BYTES + 4 + LONGEST_HEADER;
/** Enough for the header of nearly every file. */
const FIRST_READ = 512;

/**
 * Reads only the head of an .npy file and checks it against the file's length.
 * @throws NetspecError naming the file when it is no .npy file, of an unknown version, its header is malformed, its
 * element type has no numbers (complex, text, objects), or its length is not what shape and type ask for.
 */
export async function readNpyHeader(access: RandomAccess): Promise<NpyHeader> {
  const header = await readNpyHeaderUnchecked(access);
  checkNpyHeader(header, access);
  return header;
}

/** As {@link readNpyHeader}, without the checks of {@link checkNpyHeader}: for listing a file that cannot be read. */
export async function readNpyHeaderUnchecked(access: RandomAccess): Promise<NpyHeader> {
  let start = await readRange(access, 0, Math.min(FIRST_READ, access.size));
  const end = within(access.name, () => headerEnd(start, access.size));
  if (end > start.length) start = await readRange(access, 0, end);
  return within(access.name, () => parseHead(start, end));
}

/**
 * As {@link readNpyHeaderUnchecked}, from the first {@link NPY_HEAD_BYTES} of a file of `size` bytes, or all there are.
 */
export function parseNpyHeader(start: Uint8Array, size: number, file?: string): NpyHeader {
  return within(file, () => parseHead(start, headerEnd(start, size)));
}

/**
 * Whether what the header says can be read from this file.
 * @throws NetspecError for an element type that holds no numbers and for a file that is shorter or longer than it says.
 */
export function checkNpyHeader(header: NpyHeader, access: Pick<RandomAccess, 'size' | 'name'>): void {
  const file = access.name;
  const { bytes } = elementType(header.descr, file);
  const { shape, descr, count, dataOffset } = header;
  const found = access.size - dataOffset;
  const wanted = count * bytes;
  if (wanted === found) return;
  const what = `${formatNumpyShape(shape)} of ${descr} takes ${wanted} bytes after the header, the file has ${found}`;
  throw new NetspecError(wanted > found ? `truncated: ${what}` : `${found - wanted} bytes too many: ${what}`, { file });
}

/**
 * Reads a whole .npy file: one allocation of its values' size, nothing else of that order.
 * @throws NetspecError as {@link readNpyHeader}, and for 64-bit integers beyond 2^53.
 */
export async function readNpy(access: RandomAccess): Promise<NpyArray> {
  const header = await readNpyHeader(access);
  const { bytes } = elementType(header.descr, access.name);
  const payload = await readRange(access, header.dataOffset, header.count * bytes);
  return within(access.name, () => decode(header, payload));
}

/**
 * Parses an .npy file in memory. The values share memory with `bytes` where byte order, type and alignment allow it.
 * @param file what errors call it
 * @throws NetspecError naming the file when it is no .npy file, is damaged, or holds no numbers; for 64-bit integers beyond 2^53
 * @example
 * const { shape } = parseNpy(formatNpy([2, 2], Float32Array.of(1, 2, 3, 4)));
 * shape; // → [2, 2]
 */
export function parseNpy(bytes: Uint8Array, file?: string): NpyArray {
  checkArguments('parseNpy()', { bytes: [bytes, BYTES] });
  return within(file, () => {
    const header = parseHead(bytes, headerEnd(bytes, bytes.length));
    checkNpyHeader(header, { size: bytes.length, name: file });
    const payload = bytes.subarray(header.dataOffset);
    // Copied where a typed array cannot be laid over the bytes, and where they are not ours to swap.
    const aligned = payload.byteOffset % elementType(header.descr, file).bytes === 0;
    return decode(header, aligned && !isBigEndian(header.descr) ? payload : new Uint8Array(payload));
  });
}

/**
 * An .npy file holding float32 values, byte for byte as numpy.save writes it (numpy 1.23 and later).
 * @param shape dimensions; their product is the number of values
 * @example
 * parseNpy(formatNpy([2], Float32Array.of(1, 2))); // → { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) }
 */
export function formatNpy(shape: readonly number[], data: Float32Array): Uint8Array<ArrayBuffer> {
  checkArguments('formatNpy()', { shape: [shape, LIST], data: [data, FLOATS] });
  const count = product(shape);
  if (count !== data.length)
    throw new NetspecError(`shape ${formatNumpyShape(shape)} has ${count} values, the data ${data.length}`);
  const header = formatNpyHeader(shape);
  const bytes = new Uint8Array(header.length + data.byteLength);
  bytes.set(header);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  return bytes;
}

/** The bytes before the values of a row-major float32 array: large arrays are written after it without a copy. */
export function formatNpyHeader(shape: readonly number[]): Uint8Array<ArrayBuffer> {
  // numpy leaves room for the first dimension to grow to 21 digits, and pads to 64 bytes: at least one, at most 64.
  const growth = shape.length === 0 ? 0 : Math.max(0, 21 - String(shape[0]).length);
  const dictionary =
    `{'descr': '<f4', 'fortran_order': False, 'shape': ${formatNumpyShape(shape)}, }` + ' '.repeat(growth);
  const padding = 64 - ((PREAMBLE_BYTES + 2 + dictionary.length + 1) % 64);
  const header = `${dictionary}${' '.repeat(padding)}\n`;
  if (header.length > 0xffff)
    throw new NetspecError(`a shape of ${shape.length} dimensions does not fit an .npy header`);
  const bytes = new Uint8Array(PREAMBLE_BYTES + 2 + header.length);
  bytes.set(Uint8Array.from(`${MAGIC}\x01\x00`, (c) => c.charCodeAt(0)));
  new DataView(bytes.buffer).setUint16(PREAMBLE_BYTES, header.length, true);
  bytes.set(new TextEncoder().encode(header), PREAMBLE_BYTES + 2);
  return bytes;
}

/** `(64, 3, 7, 7)`, `(64,)`, `()`: a shape as Python writes a tuple. */
export function formatNumpyShape(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]!},)` : `(${shape.join(', ')})`;
}

function isBigEndian(descr: string): boolean {
  return descr.startsWith('>');
}

/** @throws NetspecError when arrays of this type are not numbers that a float can stand for. */
function elementType(descr: string, file: string | undefined): ElementType {
  const match = /^[<>=|]?([a-zA-Z?])(\d*)/.exec(descr);
  const dtype = match?.[0] === descr ? NUMPY_DTYPES.get(descr === '?' ? 'b1' : `${match[1]!}${match[2]!}`) : undefined;
  const found = dtype === undefined ? undefined : ELEMENT_TYPES.get(dtype);
  if (found) return found;
  const kind = UNSUPPORTED_KINDS[match?.[1] ?? ''];
  throw new NetspecError(`its element type is ${descr}${kind ? ` (${kind})` : ''}: expected floats, integers or bool`, {
    hint: 'save it as float32: numpy.save(file, array.astype(numpy.float32))',
    file,
  });
}

/** Strides of values whose first index varies fastest. */
function fortranStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => product(shape, 0, axis));
}

/** Numbers from the bytes after the header; swaps them in place when their order is not this machine's. */
function decode(header: NpyHeader, payload: Uint8Array): NpyArray {
  const { descr, dtype, shape, count, fortranOrder } = header;
  const element = elementType(descr, undefined);
  if (isBigEndian(descr)) reverseEach(payload, element.bytes);
  const data = element.view(payload.buffer, payload.byteOffset, count);
  return { shape, dtype, data: fortranOrder && shape.length > 1 ? gather(data, shape, fortranStrides(shape)) : data };
}

async function readRange(access: RandomAccess, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  await access.read(offset, bytes);
  return bytes;
}

/** Runs `action`; its errors get the file's name. */
function within<T>(file: string | undefined, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw error instanceof NetspecError ? error.within({ file }) : error;
  }
}

/**
 * Where the header ends, from the first bytes of a file of `size` bytes: 12 of them, or all there are.
 * @throws NetspecError when that is no .npy file that goes so far.
 */
function headerEnd(start: Uint8Array, size: number): number {
  const magic = String.fromCharCode(...start.subarray(0, MAGIC.length));
  if (magic !== MAGIC.slice(0, magic.length) || magic === '')
    throw new NetspecError('not an .npy file: it does not begin with \\x93NUMPY', { hint: guessFormat(magic) });
  const major = start[6] ?? 1;
  const minor = start[7] ?? 0;
  if (major < 1 || major > 3 || minor !== 0)
    throw new NetspecError(`version ${major}.${minor} of the .npy format is not known; expected 1.0, 2.0 or 3.0`);
  const headerAt = headerStart(major);
  if (size < headerAt) throw new NetspecError(`truncated: the header begins at byte ${headerAt}, the file has ${size}`);
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const end = headerAt + length;
  if (end > size) throw new NetspecError(`truncated: the header ends at byte ${end}, the file has ${size}`);
  if (length > LONGEST_HEADER)
    throw new NetspecError(`the header has ${length} bytes; more than ${LONGEST_HEADER} are not read`);
  return end;
}

function headerStart(major: number): number {
  return PREAMBLE_BYTES + (major === 1 ? 2 : 4);
}

/** The header, from a file's bytes at least up to `end`. */
function parseHead(bytes: Uint8Array, end: number): NpyHeader {
  const major = bytes[6]!;
  const text = new TextDecoder(major === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(headerStart(major), end));
  return { ...parseHeader(text), dataOffset: end };
}

/** What a file that is no .npy file may be. */
function guessFormat(start: string): string | undefined {
  if (start.startsWith('PK')) return 'it is a zip archive: an .npz file or a PyTorch checkpoint';
  if (start.startsWith('\x80')) return 'it is a Python pickle';
  if (start.startsWith('\x89HDF')) return 'it is an HDF5 file';
  return undefined;
}

/** The dictionary that the header is: `{'descr': '<f4', 'fortran_order': False, 'shape': (8, 3), }`. */
function parseHeader(text: string): Omit<NpyHeader, 'dataOffset'> {
  const fields = new HeaderParser(text).dictionary();
  for (const key of ['descr', 'fortran_order', 'shape'])
    if (!fields.has(key)) throw new NetspecError(`malformed .npy header: it has no '${key}'`);
  const [descr, fortranOrder, shape] = [fields.get('descr'), fields.get('fortran_order'), fields.get('shape')];
  if (typeof fortranOrder !== 'boolean')
    throw new NetspecError(`malformed .npy header: 'fortran_order' is neither True nor False`);
  if (!Array.isArray(shape) || !shape.every((dim) => typeof dim === 'number'))
    throw new NetspecError(`malformed .npy header: 'shape' is not a tuple of whole numbers`);
  if (typeof descr !== 'string') {
    if (!Array.isArray(descr)) throw new NetspecError(`malformed .npy header: 'descr' is not a string`);
    return { shape, fortranOrder, descr: 'record', dtype: 'record', count: elements(shape) };
  }
  const dtype = NUMPY_DTYPES.get(descr.replace(/^[<>=|]/, '')) ?? descr;
  return { shape, fortranOrder, descr, dtype, count: elements(shape) };
}

/** @throws NetspecError when a dimension is negative or the number too large to be counted exactly. */
function elements(shape: readonly number[]): number {
  const count = product(shape);
  if (shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0) && Number.isSafeInteger(count)) return count;
  throw new NetspecError(`malformed .npy header: no file holds an array of shape ${formatNumpyShape(shape)}`);
}

type HeaderValue = string | boolean | number | HeaderValue[];

/** Reads the few Python literals that numpy writes: a dictionary of strings, booleans, integers, tuples and lists. */
class HeaderParser {
  #at = 0;

  constructor(readonly text: string) {}

  dictionary(): Map<string, HeaderValue> {
    const fields = new Map<string, HeaderValue>();
    this.#expect('{');
    while (!this.#accept('}')) {
      const key = this.#value(0);
      if (typeof key !== 'string') this.#fail('a name in quotes');
      this.#expect(':');
      fields.set(key, this.#value(0));
      if (!this.#accept(',') && !this.#peek('}')) this.#fail("',' or '}'");
    }
    this.#skipSpace();
    if (this.#at < this.text.length) this.#fail('its end');
    return fields;
  }

  #value(depth: number): HeaderValue {
    // Sticky expressions: each matches at the current place or not at all.
    const string = this.#match(/'([^'\\]*)'|"([^"\\]*)"/y);
    if (string) return string[1] ?? string[2]!;
    // Python 2 wrote long integers with a trailing L.
    const number = this.#match(/(-?\d+)L?/y);
    if (number) return Number(number[1]);
    const word = this.#match(/True|False/y);
    if (word) return word[0] === 'True';
    const close = this.#accept('(') ? ')' : this.#accept('[') ? ']' : undefined;
    if (close === undefined || depth > 8) this.#fail('a string, a number, True, False or a tuple');
    const items: HeaderValue[] = [];
    while (!this.#accept(close)) {
      items.push(this.#value(depth + 1));
      if (!this.#accept(',') && !this.#peek(close)) this.#fail(`',' or '${close}'`);
    }
    return items;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    this.#skipSpace();
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.text);
    if (match) this.#at = pattern.lastIndex;
    return match ?? undefined;
  }

  #peek(character: string): boolean {
    this.#skipSpace();
    return this.text[this.#at] === character;
  }

  #accept(character: string): boolean {
    const found = this.#peek(character);
    if (found) this.#at++;
    return found;
  }

  #expect(character: string): void {
    if (!this.#accept(character)) this.#fail(`'${character}'`);
  }

  #skipSpace(): void {
    while (this.#at < this.text.length && ' \t\r\n'.includes(this.text[this.#at]!)) this.#at++;
  }

  #fail(expected: string): never {
    const found = this.#at < this.text.length ? `'${this.text.slice(this.#at, this.#at + 12)}'` : 'its end';
    throw new NetspecError(`malformed .npy header: expected ${expected} at character ${this.#at}, found ${found}`);
  }
}
