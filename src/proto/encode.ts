/**
 * Message → bytes, as C++ protobuf writes them: fields by number, lengths computed first. Also checks what it is given,
 * since a message may come from hand-written code.
 */
import { NetspecError } from '../errors.js';
import { valueToWrite } from './adapt.js';
import { writtenFieldHint } from './forks/field-hints.js';
import { OWN_SETTINGS, UNKNOWN_FIELDS, addressOf, type WithOwnSettings, type WithUnknownFields } from './message.js';
import { ownSettingsOf } from './text/own-settings.js';
import { remark } from '../remarks.js';
import { anchorOf, type AnyMessage } from './decode.js';
import type { EnumType, Field, MessageType } from './descriptor.js';
import { INTEGER_RANGES, describeValue, enumMismatch, isList } from './scalars.js';
import { utf8Length, writeUtf8 } from './utf8.js';
import { BYTES, FIXED32, FIXED64, MAX_MESSAGE_BYTES, RECURSION_LIMIT, WireWriter, varintLength } from './wire.js';

/** Stands in a packed float field for values that are written later, straight to the file. */
export class DeferredFloats {
  constructor(readonly count: number) {}
}

/** Stands in a list of messages for one whose bytes are written later, straight to the file. */
export class DeferredMessage {
  constructor(readonly length: number) {}
}

export type Deferred = DeferredFloats | DeferredMessage;

/** The bytes of a message, with holes where deferred floats and messages go. */
export interface EncodedWithHoles {
  /** Length of the whole, holes included. */
  size: number;
  bytes: Uint8Array;
  /** In file order; `at` is the position in `bytes` that the deferred bytes come before. */
  holes: { at: number; deferred: Deferred }[];
}

/**
 * What becomes of a layer's settings that no schema has, and so no number: the file would be another net without them. Weights
 * are files of names and blobs to Caffe, so a caffemodel that goes with a prototxt is written without them, and a remark says so.
 */
export type OwnSettingsInBinary = 'refuse' | 'leave out' | 'leave out with a remark';

/**
 * Encodes a message that holds {@link DeferredFloats} and {@link DeferredMessage}s.
 * @throws NetspecError for a value that does not fit its field, and for a message beyond protobuf's 2 GiB.
 */
export function encodeWithHoles(
  type: MessageType,
  message: object,
  ownSettings: OwnSettingsInBinary = 'refuse',
): EncodedWithHoles {
  const { size, sizes, deferred } = measured(type, message, ownSettings);
  const writer = new WireWriter(new Uint8Array(size - deferred));
  const holes: EncodedWithHoles['holes'] = [];
  writeMessage(type, message as AnyMessage, writer, { sizes, next: 0, holes });
  return { size, bytes: writer.bytes, holes };
}

/**
 * Bytes that a message takes, deferred ones included, without writing any.
 * @throws NetspecError as {@link encodeWithHoles} does
 */
export function encodedSize(type: MessageType, message: object): number {
  return measured(type, message, 'leave out').size;
}

// ---- first pass: check and measure --------------------------------------------------------------------------------

function measured(
  type: MessageType,
  message: object,
  ownSettings: OwnSettingsInBinary,
): { size: number; sizes: number[]; deferred: number } {
  const sizes: number[] = [];
  let deferred = 0;
  let size: number;
  try {
    size = measureMessage(type, message, 0, {
      sizes,
      defer: (bytes) => (deferred += bytes),
      ownSettings,
    });
  } catch (error) {
    throw error instanceof InvalidValue ? error.toError(type.name) : error;
  }
  if (size > MAX_MESSAGE_BYTES)
    throw new NetspecError(
      `${type.name} would take ${size} bytes; protobuf, and so Caffe, holds at most ${MAX_MESSAGE_BYTES}`,
      { code: 'message-too-large', hint: 'store weights that several layers share once, by a name of the parameter' },
    );
  return { size, sizes, deferred };
}

interface Measure {
  /** Payload length of each sub-message and packed run, in the order in which the second pass writes them. */
  sizes: number[];
  defer: (bytes: number) => void;
  ownSettings: OwnSettingsInBinary;
}

/** A value that does not fit its field. Turned into a NetspecError where the layer is known. */
class InvalidValue extends Error {
  readonly path: string[] = [];
  constructor(
    readonly reason: string,
    readonly address: object | undefined,
    readonly hint?: string,
  ) {
    super(reason);
  }

  toError(typeName: string, layer?: { name?: string; type?: string }): NetspecError {
    const field = this.path.join('.').replaceAll('.[', '[');
    const what = field || typeName;
    // That a message lacks a field is said with the message's type already.
    const reason = field === '' && this.reason.startsWith(`${typeName} `) ? this.reason : `${what}: ${this.reason}`;
    return new NetspecError(reason, { ...this.address, hint: this.hint, layer, field: what });
  }
}

function measureMessage(type: MessageType, value: unknown, depth: number, measure: Measure): number {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    throw new InvalidValue(`expected a ${type.name}, got ${describeValue(value)}`, undefined);
  const message = value as AnyMessage;
  if (depth > RECURSION_LIMIT)
    throw new InvalidValue(`more than ${RECURSION_LIMIT} levels of nesting`, addressOf(message));
  try {
    checkNames(type, message);
  } catch (error) {
    throw error instanceof InvalidValue && isLayer(type) ? error.toError(type.name, layerOf(message)) : error;
  }
  let size = 0;
  for (const field of type.inOrder) {
    const value = valueToWrite(type, field, message);
    if (value === undefined) {
      // A fork may use this type's field number for a message of its own; its bytes must pass through.
      if (field.required && !message[UNKNOWN_FIELDS])
        throw new InvalidValue(`${type.name} requires ${field.name}`, addressOf(message));
      continue;
    }
    try {
      size += measureField(field, value, depth, measure);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      error.path.unshift(field.name);
      const located = error.address ? error : withAddress(error, addressOf(message, field.name));
      throw isLayer(type) ? located.toError(type.name, layerOf(message)) : located;
    }
  }
  for (const bytes of unknownFields(message)) size += bytes.length;
  if ((message as WithOwnSettings)[OWN_SETTINGS]) meetOwnSettings(message, measure.ownSettings);
  return size;
}

/** @throws NetspecError for settings that no schema has, unless they may be left out */
function meetOwnSettings(layer: AnyMessage, ownSettings: OwnSettingsInBinary): void {
  if (ownSettings === 'leave out') return;
  const { name, type } = layerOf(layer);
  const names = [...ownSettingsOf(layer).keys()];
  const [it, has] = names.length === 1 ? ['it', 'has'] : ['them', 'have'];
  const fields = names.join(', ');
  if (ownSettings === 'refuse')
    throw new NetspecError(
      `${fields} ${has} no number in any Caffe that netspec knows, so a binary file cannot hold ${it}`,
      {
        ...addressOf(layer),
        layer: { name, type },
        hint: `give the caffe.proto that has ${it}, or keep the net as text`,
      },
    );
  remark(
    `layer '${name}' (${type}): the caffemodel is written without ${fields}: no Caffe that netspec knows has ${it}, and of a ` +
      'caffemodel Caffe reads names and blobs only',
  );
}

function withAddress(error: InvalidValue, address: object | undefined): InvalidValue {
  const located = new InvalidValue(error.reason, address, error.hint);
  located.path.push(...error.path);
  return located;
}

function isLayer({ name }: MessageType): boolean {
  return name === 'LayerParameter' || name === 'V1LayerParameter';
}

function layerOf(message: AnyMessage): { name?: string; type?: string } {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return { name: text(message['name']), type: text(message['type']) };
}

function checkNames(type: MessageType, message: AnyMessage): void {
  for (const name in message)
    if (message[name] !== undefined && !type.byName.has(name))
      throw new InvalidValue(
        `${type.name} has no field ${name}`,
        addressOf(message, name),
        writtenFieldHint(type, name),
      );
}

function unknownFields(message: WithUnknownFields): readonly Uint8Array[] {
  return message[UNKNOWN_FIELDS] ?? [];
}

function measureField(field: Field, value: unknown, depth: number, measure: Measure): number {
  const tagLength = varintLength(field.number * 8);
  if (!field.repeated) {
    if (Array.isArray(value) && value.length > 1)
      throw new InvalidValue(`expected one value, got a list of ${value.length}`, undefined);
    return tagLength + measureValue(field, value, depth, measure);
  }
  if (value instanceof DeferredFloats && field.packed && field.kind === 'float') {
    if (value.count === 0) return 0;
    const length = value.count * 4;
    measure.defer(length);
    measure.sizes.push(length);
    return tagLength + varintLength(length) + length;
  }
  if (!isList(value)) throw new InvalidValue(`expected a list, got ${describeValue(value)}`, undefined);
  const count = value.length;
  if (count === 0) return 0;
  if (field.packed) {
    const slot = measure.sizes.push(0) - 1;
    const length = measurePacked(field, value, depth, measure);
    measure.sizes[slot] = length;
    return tagLength + varintLength(length) + length;
  }
  let size = count * tagLength;
  for (let i = 0; i < count; i++) size += measureElement(field, value, i, depth, measure);
  return size;
}

function measurePacked(field: Field, value: ArrayLike<unknown>, depth: number, measure: Measure): number {
  const fitsUnchecked =
    (value instanceof Float32Array || value instanceof Float64Array) &&
    (field.kind === 'float' || field.kind === 'double');
  if (fitsUnchecked) return value.length * (field.kind === 'float' ? 4 : 8);
  let length = 0;
  for (let i = 0; i < value.length; i++) length += measureElement(field, value, i, depth, measure);
  return length;
}

function measureElement(
  field: Field,
  list: ArrayLike<unknown>,
  index: number,
  depth: number,
  measure: Measure,
): number {
  try {
    return measureValue(field, list[index], depth, measure);
  } catch (error) {
    if (error instanceof InvalidValue) error.path.unshift(`[${index}]`);
    throw error;
  }
}

/** Length of one value without its tag, with its own length prefix where it has one. */
function measureValue(field: Field, value: unknown, depth: number, measure: Measure): number {
  switch (field.kind) {
    case 'message': {
      const slot = measure.sizes.push(0) - 1;
      if (value instanceof DeferredMessage) measure.defer(value.length);
      const length =
        value instanceof DeferredMessage ? value.length : measureMessage(field.messageType!, value, depth + 1, measure);
      measure.sizes[slot] = length;
      return varintLength(length) + length;
    }
    case 'string': {
      if (typeof value !== 'string')
        throw new InvalidValue(`expected a string, got ${describeValue(value)}`, undefined);
      const length = utf8Length(value);
      if (length === undefined) throw new InvalidValue(`no UTF-8 text: ${describeValue(value)}`, undefined);
      return varintLength(length) + length;
    }
    case 'bytes':
      if (!(value instanceof Uint8Array))
        throw new InvalidValue(`expected a Uint8Array, got ${describeValue(value)}`, undefined);
      return varintLength(value.length) + value.length;
    case 'bool':
      if (typeof value !== 'boolean')
        throw new InvalidValue(`expected true or false, got ${describeValue(value)}`, undefined);
      return 1;
    case 'float':
    case 'double':
      if (typeof value !== 'number')
        throw new InvalidValue(`expected a number, got ${describeValue(value)}`, undefined);
      return field.kind === 'float' ? 4 : 8;
    case 'enum':
      checkEnum(field.enumType!, value);
      return varintLength(value as number);
    default: {
      const [least, most] = INTEGER_RANGES[field.kind]!;
      if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
        throw new InvalidValue(`expected a whole number ${least} … ${most}, got ${describeValue(value)}`, undefined);
      if (field.wireType === FIXED32) return 4;
      if (field.wireType === FIXED64) return 8;
      return varintLength(onWire(field, value as number));
    }
  }
}

function checkEnum(type: EnumType, value: unknown): void {
  if (typeof value === 'number' && type.names.has(value)) return;
  const { reason, hint } = enumMismatch(type, value);
  throw new InvalidValue(reason, undefined, hint);
}

// ---- second pass: write -------------------------------------------------------------------------------------------

interface Write {
  sizes: readonly number[];
  next: number;
  holes: EncodedWithHoles['holes'];
}

function writeMessage(type: MessageType, message: AnyMessage, writer: WireWriter, state: Write): void {
  const unknown = unknownFields(message);
  let written = 0;
  /** Unknown fields return to where they stood; those of unknown origin come last, as in C++. */
  const writeUnknownBefore = (number: number): void => {
    for (; written < unknown.length && (anchorOf(unknown[written]!) ?? Infinity) < number; written++)
      writer.raw(unknown[written]!);
  };
  for (const field of type.inOrder) {
    const value = valueToWrite(type, field, message);
    if (value === undefined) continue;
    writeUnknownBefore(field.number);
    writeField(field, value, writer, state);
  }
  for (; written < unknown.length; written++) writer.raw(unknown[written]!);
}

function writeField(field: Field, value: unknown, writer: WireWriter, state: Write): void {
  const tag = field.number * 8 + field.wireType;
  if (!field.repeated) {
    writer.varint(tag);
    writeValue(field, value, writer, state);
    return;
  }
  if (value instanceof DeferredFloats) {
    if (value.count === 0) return;
    writer.varint(field.number * 8 + BYTES);
    writer.varint(state.sizes[state.next++]!);
    state.holes.push({ at: writer.at, deferred: value });
    return;
  }
  const list = value as ArrayLike<unknown>;
  if (list.length === 0) return;
  if (field.packed) {
    writer.varint(field.number * 8 + BYTES);
    writer.varint(state.sizes[state.next++]!);
    const sameBytes =
      (field.kind === 'float' && list instanceof Float32Array) ||
      (field.kind === 'double' && list instanceof Float64Array);
    if (sameBytes) writer.raw(new Uint8Array(list.buffer, list.byteOffset, list.byteLength));
    else for (let i = 0; i < list.length; i++) writeValue(field, list[i], writer, state);
    return;
  }
  for (let i = 0; i < list.length; i++) {
    writer.varint(tag);
    writeValue(field, list[i], writer, state);
  }
}

function writeValue(field: Field, value: unknown, writer: WireWriter, state: Write): void {
  switch (field.kind) {
    case 'message':
      writer.varint(state.sizes[state.next++]!);
      if (value instanceof DeferredMessage) state.holes.push({ at: writer.at, deferred: value });
      else writeMessage(field.messageType!, value as AnyMessage, writer, state);
      return;
    case 'string':
      writer.varint(utf8Length(value as string)!);
      writer.at = writeUtf8(value as string, writer.bytes, writer.at);
      return;
    case 'bytes':
      writer.varint((value as Uint8Array).length);
      writer.raw(value as Uint8Array);
      return;
    case 'bool':
      writer.varint(value ? 1 : 0);
      return;
    case 'float':
      writer.float(value as number);
      return;
    case 'double':
      writer.double(value as number);
      return;
    default:
      if (field.wireType === FIXED32) writer.fixed32(value as number);
      else if (field.wireType === FIXED64) writer.fixed64(value as number);
      else writer.varint(onWire(field, value as number));
  }
}

/** The number that the varint holds: zigzag for the sint types, the value itself otherwise. */
function onWire(field: Field, value: number): number {
  if (field.kind !== 'sint32' && field.kind !== 'sint64') return value;
  return value < 0 ? -2 * value - 1 : 2 * value;
}
