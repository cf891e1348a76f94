/**
 * ONNX's element types: their numbers in the format, how many bytes they take, and how the bytes become numbers.
 * Floating point of at most 32 bits is held as float32, all else as float64, which is exact for whole numbers to 2^53.
 */
import { float16ToFloat32 } from 'npyjs';

/** Names of element types, as ONNX's documents write them in lower case. */
export type DataType =
  | 'float'
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'string'
  | 'bool'
  | 'float16'
  | 'double'
  | 'uint32'
  | 'uint64'
  | 'bfloat16';

/** Values of a tensor in row-major order. */
export type Numbers = Float32Array | Float64Array;

/** Which of TensorProto's typed fields holds the values of a type, when raw_data does not. */
export type TypedField = 'float_data' | 'int32_data' | 'int64_data' | 'double_data' | 'uint64_data';

interface Stored {
  readonly name: DataType;
  /** Bytes of an element in raw_data. */
  readonly bytes: number;
  readonly field: TypedField;
  readonly isFloat: boolean;
  /** One element of raw_data. */
  read(view: DataView, at: number): number;
  /** One element of the typed field, as it is stored there: half precision stands as its bits in int32_data. */
  fromTyped?(value: number): number;
}

const bits = new DataView(new ArrayBuffer(4));

function bfloat16(pattern: number): number {
  bits.setUint32(0, (pattern & 0xffff) << 16);
  return bits.getFloat32(0);
}

const int64 = (view: DataView, at: number): number => view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
const uint64 = (view: DataView, at: number): number =>
  view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);

const STORED: Readonly<Record<number, Stored>> = {
  1: { name: 'float', bytes: 4, field: 'float_data', isFloat: true, read: (v, at) => v.getFloat32(at, true) },
  2: { name: 'uint8', bytes: 1, field: 'int32_data', isFloat: false, read: (v, at) => v.getUint8(at) },
  3: { name: 'int8', bytes: 1, field: 'int32_data', isFloat: false, read: (v, at) => v.getInt8(at) },
  4: { name: 'uint16', bytes: 2, field: 'int32_data', isFloat: false, read: (v, at) => v.getUint16(at, true) },
  5: { name: 'int16', bytes: 2, field: 'int32_data', isFloat: false, read: (v, at) => v.getInt16(at, true) },
  6: { name: 'int32', bytes: 4, field: 'int32_data', isFloat: false, read: (v, at) => v.getInt32(at, true) },
  7: { name: 'int64', bytes: 8, field: 'int64_data', isFloat: false, read: int64 },
  9: { name: 'bool', bytes: 1, field: 'int32_data', isFloat: false, read: (v, at) => (v.getUint8(at) === 0 ? 0 : 1) },
  10: {
    name: 'float16',
    bytes: 2,
    field: 'int32_data',
    isFloat: true,
    read: (v, at) => float16ToFloat32(v.getUint16(at, true)),
    fromTyped: (value) => float16ToFloat32(value & 0xffff),
  },
  11: { name: 'double', bytes: 8, field: 'double_data', isFloat: true, read: (v, at) => v.getFloat64(at, true) },
  12: { name: 'uint32', bytes: 4, field: 'uint64_data', isFloat: false, read: (v, at) => v.getUint32(at, true) },
  13: { name: 'uint64', bytes: 8, field: 'uint64_data', isFloat: false, read: uint64 },
  16: {
    name: 'bfloat16',
    bytes: 2,
    field: 'int32_data',
    isFloat: true,
    read: (v, at) => bfloat16(v.getUint16(at, true)),
    fromTyped: bfloat16,
  },
};

/** Numbers of types that are named in errors, and cannot be read. */
const OTHERS: Readonly<Record<number, string>> = {
  0: 'undefined',
  8: 'string',
  14: 'complex64',
  15: 'complex128',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
  23: 'float4e2m1',
};

/** How values of a type are stored; undefined for types that hold no plain numbers. */
export function storedType(number: number): Stored | undefined {
  return STORED[number];
}

/** A type's name, for errors. */
export function dataTypeName(number: number): string {
  return STORED[number]?.name ?? OTHERS[number] ?? `type ${number}`;
}

/** The type of a number in the format; strings are a type without numbers. */
export function dataTypeOf(number: number): DataType | undefined {
  return number === 8 ? 'string' : STORED[number]?.name;
}

const FLOATS: ReadonlySet<DataType> = new Set(['float', 'float16', 'bfloat16', 'double']);

export function isFloat(type: DataType): boolean {
  return FLOATS.has(type);
}

/** Room for `count` values of a type. */
export function makeNumbers(type: DataType, count: number): Numbers {
  return type !== 'double' && FLOATS.has(type) ? new Float32Array(count) : new Float64Array(count);
}

/** Rounds to what a type can hold, in place: what an operator of that type gives at run time. */
export function roundTo(type: DataType, values: Float64Array): Numbers {
  if (type === 'float' || type === 'float16' || type === 'bfloat16') return Float32Array.from(values);
  return values;
}
