/**
 * Fields given by a user → a message: scalars become one-element lists, enum names numbers, objects messages, and every
 * value is checked against the schema, so that nothing wrong reaches the text or the bytes.
 */
import { NetspecError, didYouMean } from '../errors.js';
import type { EnumType, Field, MessageType } from '../proto/descriptor.js';
import { putValue } from '../proto/message.js';
import { INTEGER_RANGES, isList } from '../proto/scalars.js';

export type Message = Record<string, unknown>;

/** The names of a type's fields, as they are declared. */
export function fieldNames(type: MessageType): string[] {
  return type.fields.map(({ name }) => name);
}

/**
 * Sets a field as pycaffe's assign_proto does: lists are appended to, messages merged into, and an empty object for a
 * message that is not repeated sets nothing. `undefined` counts as not given.
 * @param path how the field is called in errors: `convolution_param.pad`
 * @throws NetspecError with path, expectation and value when the value does not fit
 */
export function assignField(message: Message, field: Field, value: unknown, path: string): void {
  if (value === undefined) return;
  const { name, messageType } = field;
  if (field.repeated) {
    const values = isList(value) ? Array.from(value) : [value];
    if (values.length === 0)
      throw new NetspecError(`${path}: expected at least one value, got an empty list`, {
        field: path,
        hint: 'leave the field out instead',
      });
    if (field.form === 'list') message[name] ??= [];
    values.forEach((v, i) => {
      putValue(message, field, convert(field, v, isList(value) ? `${path}[${i}]` : path));
    });
  } else if (field.form === 'list') {
    // A list in this program, one value in this schema.
    if (isList(value) && value.length !== 1) throw mismatch(path, 'one value', value);
    message[name] = [convert(field, isList(value) ? value[0] : value, path)];
  } else if (messageType) {
    const inner = assignFields((message[name] ?? {}) as Message, messageType, value, path);
    if (Object.keys(inner).length > 0) message[name] = inner;
  } else {
    message[name] = convert(field, value, path);
  }
}

/** Sets every field of `fields`; see {@link assignField}. Returns `message`. */
export function assignFields(message: Message, type: MessageType, fields: unknown, path = ''): Message {
  if (!isFields(fields)) throw mismatch(path, `an object with fields of ${type.simpleName}`, fields);
  for (const [key, value] of Object.entries(fields)) {
    const field = type.byName.get(key);
    if (!field)
      throw new NetspecError(`${path}: ${type.simpleName} has no field '${key}'`, {
        field: `${path}.${key}`,
        hint: didYouMean(key, fieldNames(type)),
      });
    assignField(message, field, value, path ? `${path}.${key}` : key);
  }
  return message;
}

/** An object that can be fields: a literal, not an instance of a class. */
export function isFields(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** One value of a field. */
function convert({ kind, messageType, enumType }: Field, value: unknown, path: string): unknown {
  if (messageType) return assignFields({}, messageType, value, path);
  if (enumType) return enumNumber(enumType, value, path);
  const range = INTEGER_RANGES[kind];
  if (range) {
    const [min, max] = range;
    if (typeof value !== 'number' || !Number.isInteger(value)) throw mismatch(path, `an integer (${kind})`, value);
    if (value < min || value > max) throw mismatch(path, `an integer of ${min} … ${max} (${kind})`, value);
    return value === 0 ? 0 : value; // an integer has no -0
  }
  if (kind === 'float' || kind === 'double') {
    if (typeof value !== 'number') throw mismatch(path, `a number (${kind})`, value);
  } else if (kind === 'bool') {
    if (typeof value !== 'boolean') throw mismatch(path, 'true or false', value);
  } else if (kind === 'string') {
    if (typeof value !== 'string') throw mismatch(path, 'a string', value);
  } else if (!(value instanceof Uint8Array)) {
    throw mismatch(path, 'a Uint8Array', value);
  }
  return value;
}

function enumNumber({ simpleName, values, names: declared }: EnumType, value: unknown, path: string): number {
  if (typeof value === 'string' && Object.hasOwn(values, value)) return values[value]!;
  if (typeof value === 'number' && declared.has(value)) return value;
  const names = Object.keys(values);
  throw mismatch(
    path,
    `a value of ${simpleName} (${names.join(', ')})`,
    value,
    typeof value === 'string' ? didYouMean(value, names) : undefined,
  );
}

function mismatch(path: string, expected: string, got: unknown, hint?: string): NetspecError {
  return new NetspecError(`${path}: expected ${expected}, got ${describe(got)}`, { field: path, hint });
}

/** A value in a few words, for errors. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'bigint') return `the BigInt ${value}`;
  if (typeof value === 'function') return 'a function';
  if (isList(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) {
    const { constructor } = value as { constructor?: { name?: string } };
    return constructor?.name && constructor.name !== 'Object' ? `a ${constructor.name}` : 'an object';
  }
  return String(value);
}
