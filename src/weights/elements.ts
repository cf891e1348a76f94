/**
 * Element types of stored tensors, under the same names in every format: how their bytes become numbers, and how values
 * that do not lie in row-major order are brought into it.
 */
import { float16ToFloat32 } from 'npyjs';
import { NetspecError } from '../errors.js';
import { product } from '../shapes.js';
import type { NumericArray } from './source.js';

/** One element type. */
export interface ElementType {
  /** Its name in numpy's words, or PyTorch's where numpy has none: `float32`, `bfloat16`. */
  readonly dtype: string;
  /** Bytes of an element. */
  readonly bytes: number;
  /**
   * `count` numbers from byte `offset` of `buffer` on, which is a multiple of `bytes`; shares memory where it can.
   * @throws NetspecError for 64-bit integers beyond 2^53
   */
  readonly view: (buffer: ArrayBufferLike, offset: number, count: number) => NumericArray;
}

const TYPES: readonly ElementType[] = [
  { dtype: 'float16', bytes: 2, view: (b, at, n) => byTable(halfTable(), new Uint16Array(b, at, n)) },
  { dtype: 'float32', bytes: 4, view: (b, at, n) => new Float32Array(b, at, n) },
  { dtype: 'float64', bytes: 8, view: (b, at, n) => new Float64Array(b, at, n) },
  { dtype: 'bfloat16', bytes: 2, view: (b, at, n) => bfloatToFloat(new Uint16Array(b, at, n)) },
  { dtype: 'float8_e4m3fn', bytes: 1, view: (b, at, n) => byTable(E4M3, new Uint8Array(b, at, n)) },
  { dtype: 'float8_e5m2', bytes: 1, view: (b, at, n) => byTable(E5M2, new Uint8Array(b, at, n)) },
  { dtype: 'int8', bytes: 1, view: (b, at, n) => new Int8Array(b, at, n) },
  { dtype: 'int16', bytes: 2, view: (b, at, n) => new Int16Array(b, at, n) },
  { dtype: 'int32', bytes: 4, view: (b, at, n) => new Int32Array(b, at, n) },
  { dtype: 'int64', bytes: 8, view: (b, at, n) => bigToDouble(new BigInt64Array(b, at, n), 'int64') },
  { dtype: 'uint8', bytes: 1, view: (b, at, n) => new Uint8Array(b, at, n) },
  { dtype: 'uint16', bytes: 2, view: (b, at, n) => new Uint16Array(b, at, n) },
  { dtype: 'uint32', bytes: 4, view: (b, at, n) => new Uint32Array(b, at, n) },
  { dtype: 'uint64', bytes: 8, view: (b, at, n) => bigToDouble(new BigUint64Array(b, at, n), 'uint64') },
  { dtype: 'bool', bytes: 1, view: (b, at, n) => new Uint8Array(b, at, n).map((value) => (value === 0 ? 0 : 1)) },
];

/** Element types by name. */
export const ELEMENT_TYPES: ReadonlyMap<string, ElementType> = new Map(TYPES.map((type) => [type.dtype, type]));

/** Element types by numpy's kind and size, `<f4` without its byte order. */
export const NUMPY_DTYPES: ReadonlyMap<string, string> = new Map([
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
  ['i1', 'int8'],
  ['i2', 'int16'],
  ['i4', 'int32'],
  ['i8', 'int64'],
  ['u1', 'uint8'],
  ['u2', 'uint16'],
  ['u4', 'uint32'],
  ['u8', 'uint64'],
  ['b1', 'bool'],
]);

/** Distance in elements from one index to the next along each axis, of values that lie in row-major order. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => product(shape, axis + 1));
}

/** Whether values with these strides lie in row-major order; axes of length one may have any stride. */
export function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  return product(shape) === 0 || rowMajorStrides(shape).every((stride, i) => shape[i] === 1 || strides[i] === stride);
}

/** An array of the same element type. */
export function emptyLike(data: NumericArray, length: number): NumericArray {
  return new (data.constructor as new (length: number) => NumericArray)(length);
}

/** A row-major copy of the values of a shape that lie at `strides` in `data`, the first at `start`. */
export function gather(
  data: NumericArray,
  shape: readonly number[],
  strides: readonly number[],
  start = 0,
): NumericArray {
  const result = emptyLike(data, product(shape));
  // The innermost axis runs in a loop of its own: it is most of the work.
  const inner = shape.at(-1) ?? 1;
  const step = strides.at(-1) ?? 1;
  const index = shape.slice(0, -1).map(() => 0);
  let from = start;
  for (let to = 0; to < result.length;) {
    for (let i = 0, at = from; i < inner; i++, at += step) result[to++] = data[at]!;
    // One step on in the result's order, as an odometer turns.
    for (let axis = index.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

/** Turns the bytes of each element around, in place: big-endian values on a little-endian machine, as all ours are. */
export function reverseEach(bytes: Uint8Array, width: number): void {
  for (let start = 0; start < bytes.length; start += width)
    for (let i = start, j = start + width - 1; i < j; i++, j--) {
      const low = bytes[i]!;
      bytes[i] = bytes[j]!;
      bytes[j] = low;
    }
}

let halves: Float32Array | undefined;

/** Half precision by table: there are only 65,536 of them. */
function halfTable(): Float32Array {
  return (halves ??= Float32Array.from({ length: 65_536 }, (_, bits) => float16ToFloat32(bits)));
}

/** Micikevicius et al., FP8 Formats for Deep Learning, 2022: E4M3 has no infinities and one NaN, E5M2 is IEEE's. */
const E4M3 = float8Table(4, (exponent, fraction) => (exponent === 15 && fraction === 7 ? NaN : undefined));
const E5M2 = float8Table(5, (exponent, fraction) => (exponent === 31 ? (fraction === 0 ? Infinity : NaN) : undefined));

/** The values of an eight-bit float with a sign and so many bits of exponent, unless they are `special`. */
function float8Table(
  exponentBits: number,
  special: (exponent: number, fraction: number) => number | undefined,
): Float32Array {
  const fractionBits = 7 - exponentBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  return Float32Array.from({ length: 256 }, (_, bits) => {
    const exponent = (bits & 0x7f) >> fractionBits;
    const fraction = bits & (2 ** fractionBits - 1);
    const size =
      special(exponent, fraction) ??
      (exponent === 0
        ? (fraction / 2 ** fractionBits) * 2 ** (1 - bias)
        : (1 + fraction / 2 ** fractionBits) * 2 ** (exponent - bias));
    return bits < 128 ? size : -size;
  });
}

function byTable(table: Float32Array, codes: Uint16Array | Uint8Array): Float32Array {
  const floats = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) floats[i] = table[codes[i]!]!;
  return floats;
}

/** bfloat16 is the upper half of a float32. */
function bfloatToFloat(codes: Uint16Array): Float32Array {
  const bits = new Uint32Array(codes.length);
  for (let i = 0; i < codes.length; i++) bits[i] = codes[i]! << 16;
  return new Float32Array(bits.buffer);
}

function bigToDouble(values: BigInt64Array | BigUint64Array, dtype: string): Float64Array {
  const doubles = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    doubles[i] = Number(values[i]!);
    if (!Number.isSafeInteger(doubles[i]))
      throw new NetspecError(`value ${values[i]!.toString()} at index ${i} of the ${dtype} array is beyond 2^53`);
  }
  return doubles;
}

/** The numbers as float32, copied only where they are not. */
export function asFloat32(data: ArrayLike<number>): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}
