/**
 * Writes messages as prototxt, byte for byte as `protoc --decode` and C++ TextFormat do: two spaces a level, fields by
 * number, then what the schema does not know.
 */
import { MESSAGE, OPTIONS, SCHEMA, checkArguments } from '../../arguments.js';
import { NetspecError, type NetspecErrorOptions } from '../../errors.js';
import { valueToWrite } from '../adapt.js';
import type { EnumType, Field, MessageType } from '../descriptor.js';
import {
  OWN_SETTINGS,
  UNKNOWN_FIELDS,
  addressOf,
  typeNameOf,
  type WithOwnSettings,
  type WithUnknownFields,
} from '../message.js';
import { INTEGER_RANGES, describeValue, enumMismatch, isList } from '../scalars.js';
import { writtenFieldHint } from '../forks/field-hints.js';
import { withSchemaOf } from '../forks/with-schema.js';
import type { Schema } from '../schema.js';
import { RECURSION_LIMIT } from '../wire.js';
import { formatDouble, formatFloat } from './numbers.js';
import { literalOf } from './strings.js';
import { printUnknownFields } from './unknown.js';

/** How {@link formatPrototxt} prints a message. */
export interface FormatOptions {
  /** Type of the message. Default: what it was parsed or decoded as, else 'NetParameter'. */
  type?: string;
  /** Default: that which the message was read with, or else that of the Caffe that has its fields. */
  schema?: Schema;
}

/**
 * The prototxt of a message, as protobuf prints it. Fields that are present are printed even where they equal their
 * default; floats in the fewest of 6 or 9 digits that read back as the same float32; bytes outside ASCII as octal
 * escapes; unknown fields by number.
 * @throws NetspecError when the message holds something that its schema does not.
 * @example
 * formatPrototxt({ name: 'small' }); // → 'name: "small"\n'
 */
export function formatPrototxt(message: object, options: FormatOptions = {}): string {
  checkArguments('formatPrototxt()', { message: [message, MESSAGE], options: [options, OPTIONS] });
  checkArguments('formatPrototxt()', { schema: [options.schema, SCHEMA] });
  const { type = typeNameOf(message) ?? 'NetParameter', schema } = options;
  const print = (schema: Schema): string => {
    const out: string[] = [];
    printMessage(schema.message(type), message, [], out);
    return out.join('');
  };
  return schema ? print(schema) : withSchemaOf(message, type, print);
}

type MessageObject = Readonly<Record<string, unknown>> & WithUnknownFields & WithOwnSettings;

/** `path` holds the names of the fields around the message; its length is the depth. */
function printMessage(type: MessageType, value: unknown, path: readonly string[], out: string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    throw new NetspecError(`expected a ${type.name}, got ${describeValue(value)}`);
  if (path.length > RECURSION_LIMIT) throw new NetspecError(`more than ${RECURSION_LIMIT} levels of nesting`);
  const message = value as MessageObject;
  checkNames(type, message);
  for (const field of type.inOrder) {
    const value = valueToWrite(type, field, message);
    if (value === undefined) continue;
    try {
      printField(field, value, path, out);
    } catch (error) {
      throw error instanceof NetspecError ? error.within(contextOf(type, message, field, path)) : error;
    }
  }
  if (message[UNKNOWN_FIELDS]) printUnknownFields(message[UNKNOWN_FIELDS], indentOf(path), out);
  for (const line of message[OWN_SETTINGS] ?? []) out.push(indentOf(path), line, '\n');
}

function contextOf(
  type: MessageType,
  message: MessageObject,
  field: Field,
  path: readonly string[],
): NetspecErrorOptions {
  const { file, line, column } = addressOf(message, field.name) ?? {};
  const context = { file, line, column, field: [...path, field.name].join('.') };
  return isLayer(type) ? { ...context, layer: layerOf(message) } : context;
}

function isLayer({ name }: MessageType): boolean {
  return name === 'LayerParameter' || name === 'V1LayerParameter';
}

function layerOf(message: MessageObject): { name?: string; type?: string } {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return { name: text(message['name']), type: text(message['type']) };
}

function indentOf(path: readonly string[]): string {
  return '  '.repeat(path.length);
}

function checkNames(type: MessageType, message: MessageObject): void {
  for (const [name, value] of Object.entries(message))
    if (value !== undefined && !type.byName.has(name))
      throw new NetspecError(`${type.name} has no field ${name}`, {
        ...addressOf(message, name),
        hint: writtenFieldHint(type, name),
        ...(isLayer(type) && { layer: layerOf(message) }),
      });
}

function printField(field: Field, value: unknown, path: readonly string[], out: string[]): void {
  const start = `${indentOf(path)}${field.name}`;
  if (!field.repeated) {
    if (Array.isArray(value) && value.length > 1)
      throw new NetspecError(`expected one value, got a list of ${value.length}`);
    printValue(field, value, start, path, out);
    return;
  }
  if (!isList(value)) throw new NetspecError(`expected a list, got ${describeValue(value)}`);
  for (let i = 0; i < value.length; i++) printValue(field, value[i], start, path, out);
}

function printValue(field: Field, value: unknown, start: string, path: readonly string[], out: string[]): void {
  if (!field.messageType) {
    out.push(start, ': ', formatScalar(field, value), '\n');
    return;
  }
  out.push(start, ' {\n');
  printMessage(field.messageType, value, [...path, field.name], out);
  out.push(indentOf(path), '}\n');
}

function formatScalar(field: Field, value: unknown): string {
  switch (field.kind) {
    case 'string':
      if (typeof value === 'string') return literalOf(value);
      throw new NetspecError(`expected a string, got ${describeValue(value)}`);
    case 'bytes':
      if (value instanceof Uint8Array) return literalOf(value);
      throw new NetspecError(`expected a Uint8Array, got ${describeValue(value)}`);
    case 'bool':
      if (typeof value === 'boolean') return String(value);
      throw new NetspecError(`expected true or false, got ${describeValue(value)}`);
    case 'float':
    case 'double':
      if (typeof value === 'number') return field.kind === 'float' ? formatFloat(value) : formatDouble(value);
      throw new NetspecError(`expected a number, got ${describeValue(value)}`);
    case 'enum':
      return formatEnum(field.enumType!, value);
    default: {
      const [least, most] = INTEGER_RANGES[field.kind]!;
      if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return String(value);
      throw new NetspecError(`expected a whole number ${least} … ${most}, got ${describeValue(value)}`);
    }
  }
}

function formatEnum(type: EnumType, value: unknown): string {
  if (Number.isInteger(value)) return type.names.get(value as number) ?? String(value);
  const { reason, hint } = enumMismatch(type, value);
  throw new NetspecError(reason, { hint });
}
