/**
 * Bytes → message. Presence is kept, unknown fields are kept raw, runs of floats become typed arrays in one copy.
 */
import type { Field, MessageType } from './descriptor.js';
import { UNKNOWN_FIELDS, oneValue, putValue, tagType, type WithUnknownFields } from './message.js';
import { decodeUtf8 } from './utf8.js';
import { BYTES, MalformedBytes, RECURSION_LIMIT, type WireReader } from './wire.js';

/** A message whose type is known only at run time. */
export type AnyMessage = Record<string, unknown> & WithUnknownFields;

type Floats = Float32Array | Float64Array;

/** Number of the last known field before each unknown one. */
const anchors = new WeakMap<Uint8Array, number>();

/**
 * Where among the known fields an unknown one stood: after field number N, 0 for before all of them. Undefined for bytes
 * that did not come from decoding. Lets a fork's file, whose fields interleave with ours, be rewritten as it was.
 */
export function anchorOf(unknownField: Uint8Array): number | undefined {
  return anchors.get(unknownField);
}

/**
 * Reads a message from `reader` up to its end, into `message` when given: scalars are overwritten, lists appended to and
 * sub-messages merged, as protobuf does with a field that comes twice.
 * @throws MalformedBytes
 */
export function readMessage(type: MessageType, reader: WireReader, message: AnyMessage = {}, depth = 0): AnyMessage {
  if (depth > RECURSION_LIMIT) reader.fail(`more than ${RECURSION_LIMIT} levels of nesting`);
  reader.countMessage();
  tagType(message, type);
  const runs = new Map<Field, (Floats | number[])[]>();
  let lastKnown = 0;
  while (reader.at < reader.end) {
    const start = reader.at;
    const tag = reader.tag();
    const field = type.byNumber.get(tag >>> 3);
    let known = false;
    try {
      if (field) known = readField(field, tag & 7, reader, message, runs, depth);
      if (!known) reader.skip(tag, start, depth);
    } catch (error) {
      if (error instanceof MalformedBytes) {
        error.path.unshift(nameInPath(type, tag, message));
        if (isLayer(type) && message['name'] !== undefined)
          error.layer ??= { name: textOf(message['name']), type: textOf(message['type']) };
      }
      throw error;
    }
    if (known) lastKnown = tag >>> 3;
    else {
      reader.countMessage(start);
      keepUnknown(message, reader.bytes.subarray(start, reader.at), lastKnown);
    }
  }
  for (const [field, pieces] of runs) message[field.name] = joinFloats(field, message[field.name], pieces);
  return message;
}

/** Reads one field's value; false, having read nothing, when the bytes on the wire do not fit its declaration. */
function readField(
  field: Field,
  wireType: number,
  reader: WireReader,
  message: AnyMessage,
  runs: Map<Field, (Floats | number[])[]>,
  depth: number,
): boolean {
  const inRun = wireType === BYTES && field.wireType !== BYTES && field.repeated;
  if (wireType !== field.wireType && !inRun) return false;
  for (const rival of field.rivals) Reflect.deleteProperty(message, rival);

  if (field.typedArray) {
    const pieces = mapEntry(runs, field);
    if (inRun) pieces.push(readFloats(field, reader));
    else {
      let last = pieces.at(-1);
      if (!Array.isArray(last)) pieces.push((last = []));
      last.push(field.kind === 'float' ? reader.float() : reader.double());
    }
    return true;
  }

  if (inRun) {
    if (field.form === 'list') message[field.name] ??= [];
    const outerEnd = reader.end;
    reader.end = reader.length();
    while (reader.at < reader.end) {
      const start = reader.at;
      const value = readScalar(field, reader);
      if (isDeclared(field, value)) putValue(message, field, value);
      else keepUnknownNumber(message, field.number, reader.bytes.subarray(start, reader.at));
    }
    reader.end = outerEnd;
    return true;
  }

  if (field.messageType) {
    const outerEnd = reader.end;
    const end = reader.length();
    reader.end = end;
    const previous = field.repeated ? undefined : (oneValue(message[field.name]) as AnyMessage | undefined);
    putValue(message, field, readMessage(field.messageType, reader, previous, depth + 1));
    reader.end = outerEnd;
    return true;
  }

  const start = reader.at;
  const value = readScalar(field, reader);
  if (!isDeclared(field, value)) {
    reader.at = start;
    return false;
  }
  putValue(message, field, value);
  return true;
}

function readScalar(field: Field, reader: WireReader): string | number | boolean | Uint8Array {
  switch (field.kind) {
    case 'string':
    case 'bytes': {
      const end = reader.length();
      const bytes = reader.bytes.subarray(reader.at, end);
      reader.at = end;
      return field.kind === 'string' ? decodeUtf8(bytes) : copyOf(bytes);
    }
    case 'enum':
      return reader.int32();
    case 'message':
      throw new Error('a message is no scalar');
    default:
      return reader[field.kind]();
  }
}

/** proto2: a number that the enum does not declare is an unknown field. */
function isDeclared(field: Field, value: unknown): boolean {
  return !field.enumType || field.enumType.names.has(value as number);
}

/** A packed run of floats or doubles, copied: the bytes are aligned to nothing. */
function readFloats(field: Field, reader: WireReader): Floats {
  const width = field.kind === 'float' ? 4 : 8;
  const start = reader.at;
  const end = reader.length();
  const length = end - reader.at;
  if (length % width !== 0) reader.fail(`a run of ${field.kind}s cannot have ${length} bytes`, start);
  const floats = width === 4 ? new Float32Array(length / 4) : new Float64Array(length / 8);
  new Uint8Array(floats.buffer).set(reader.bytes.subarray(reader.at, end));
  reader.at = end;
  return floats;
}

function joinFloats(field: Field, before: unknown, pieces: (Floats | number[])[]): Floats {
  if (before !== undefined) pieces.unshift(before as Floats);
  const [first] = pieces;
  if (pieces.length === 1 && first && !Array.isArray(first)) return first;
  const count = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const joined = field.kind === 'float' ? new Float32Array(count) : new Float64Array(count);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

function keepUnknown(message: AnyMessage, bytes: Uint8Array, after: number): void {
  const kept = copyOf(bytes);
  anchors.set(kept, after);
  (message[UNKNOWN_FIELDS] ??= []).push(kept);
}

/** An undeclared enum value within a packed run becomes an unknown field of its own, as in C++. */
function keepUnknownNumber(message: AnyMessage, number: number, value: Uint8Array): void {
  const tag: number[] = [];
  let rest = number * 8;
  for (; rest > 127; rest = Math.floor(rest / 128)) tag.push((rest % 128) | 128);
  keepUnknown(message, new Uint8Array([...tag, rest, ...value]), number);
}

function mapEntry<K, V>(map: Map<K, V[]>, key: K): V[] {
  let list = map.get(key);
  if (!list) map.set(key, (list = []));
  return list;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isLayer({ name }: MessageType): boolean {
  return name === 'LayerParameter' || name === 'V1LayerParameter';
}

function nameInPath(type: MessageType, tag: number, message: AnyMessage): string {
  const field = type.byNumber.get(tag >>> 3);
  if (!field) return `field ${tag >>> 3}`;
  const list = message[field.name];
  return field.repeated && field.messageType ? `${field.name}[${Array.isArray(list) ? list.length : 0}]` : field.name;
}

/** Unlike `slice`, also of a Node Buffer, whose `slice` shares memory. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
