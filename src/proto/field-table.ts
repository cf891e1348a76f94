/**
 * What decoding and encoding need to know of a message type, read once from the schema: its fields by number and by name.
 */
import protobuf from 'protobufjs';
import { BYTES, FIXED32, FIXED64, VARINT } from './wire.js';

/** protobuf's scalar types, and the two that refer to other declarations. */
export type FieldKind =
  | 'double'
  | 'float'
  | 'int32'
  | 'uint32'
  | 'sint32'
  | 'fixed32'
  | 'sfixed32'
  | 'int64'
  | 'uint64'
  | 'sint64'
  | 'fixed64'
  | 'sfixed64'
  | 'bool'
  | 'string'
  | 'bytes'
  | 'enum'
  | 'message';

export interface FieldEntry {
  readonly name: string;
  readonly number: number;
  readonly kind: FieldKind;
  readonly repeated: boolean;
  readonly required: boolean;
  /** Declared `[packed = true]`: written as one run; runs and single values are both read, whatever was declared. */
  readonly packed: boolean;
  /** Packed floats and doubles live in typed arrays: these are the weights. */
  readonly typedArray: boolean;
  /** Wire type of one value. */
  readonly wireType: number;
  readonly enumType?: protobuf.Enum;
  readonly messageType?: protobuf.Type;
  /** Names of the other fields of its oneof: giving one clears these. */
  readonly rivals: readonly string[];
}

export interface MessageTable {
  /** Name within package caffe: 'LayerParameter'. */
  readonly name: string;
  readonly byNumber: ReadonlyMap<number, FieldEntry>;
  readonly byName: ReadonlyMap<string, FieldEntry>;
  /** By number, which is the order C++ writes them in. */
  readonly inOrder: readonly FieldEntry[];
}

const tables = new WeakMap<protobuf.Type, MessageTable>();

/** The table of a message type. */
export function tableOf(type: protobuf.Type): MessageTable {
  let table = tables.get(type);
  if (!table) {
    // Groups and maps have their own wire shape and no Caffe schema uses them: they are kept as unknown fields.
    const entries = type.fieldsArray.filter((field) => !field.map && !field.delimited).map(entryOf);
    entries.sort((a, b) => a.number - b.number);
    table = {
      name: type.fullName.replace(/^\.caffe\.|^\./, ''),
      byNumber: new Map(entries.map((entry) => [entry.number, entry])),
      byName: new Map(entries.map((entry) => [entry.name, entry])),
      inOrder: entries,
    };
    tables.set(type, table);
  }
  return table;
}

function entryOf(field: protobuf.Field): FieldEntry {
  const { resolvedType } = field;
  const kind: FieldKind =
    resolvedType instanceof protobuf.Enum
      ? 'enum'
      : resolvedType instanceof protobuf.Type
        ? 'message'
        : (field.type as FieldKind);
  const wireType = wireTypeOf(kind);
  const packed = field.repeated && field.packed && wireType !== BYTES;
  return {
    name: field.name,
    number: field.id,
    kind,
    repeated: field.repeated,
    required: field.required,
    packed,
    typedArray: packed && (kind === 'float' || kind === 'double'),
    wireType,
    enumType: resolvedType instanceof protobuf.Enum ? resolvedType : undefined,
    messageType: resolvedType instanceof protobuf.Type ? resolvedType : undefined,
    rivals: field.partOf?.fieldsArray.map((other) => other.name).filter((name) => name !== field.name) ?? [],
  };
}

function wireTypeOf(kind: FieldKind): number {
  switch (kind) {
    case 'string':
    case 'bytes':
    case 'message':
      return BYTES;
    case 'float':
    case 'fixed32':
    case 'sfixed32':
      return FIXED32;
    case 'double':
    case 'fixed64':
    case 'sfixed64':
      return FIXED64;
    default:
      return VARINT;
  }
}
