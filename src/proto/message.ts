/**
 * Messages are plain objects with the fields that were given and no others: an absent field is `undefined`, an explicit
 * 0, false or '' is present (proto2). Enums are numbers. This file is what every module shares about them.
 */
import type { MessageName, Messages } from '../generated/messages.js';
import type { Field, MessageType } from './descriptor.js';
import { messageOfFork } from './forks/catalog.js';
import { defaultSchema, schemaOfType, type Schema } from './schema.js';
import type { Address } from '../errors.js';

/**
 * Raw bytes (tag and payload) of the fields that the schema does not know, in file order. Kept under this key so that a
 * fork's file can be rewritten byte for byte. A symbol, so that no field name can clash; object spread copies it. A registered one,
 * since the command line writes messages that another copy of the library made, in a user's module.
 */
export const UNKNOWN_FIELDS: unique symbol = Symbol.for('netspec: unknown fields');

/** A message that may hold fields which its schema does not know. */
export interface WithUnknownFields {
  [UNKNOWN_FIELDS]?: Uint8Array[];
}

/**
 * Settings of a layer that no schema has, as lines of text without indent, in the order of the text: see text/own-settings.ts.
 * A registered symbol, so that object spread copies it, and each copy of the library finds it.
 */
export const OWN_SETTINGS: unique symbol = Symbol.for('netspec: settings that are in no schema');

/** A layer that may have settings which no schema has. */
export interface WithOwnSettings {
  [OWN_SETTINGS]?: string[];
}

type Value = string | number | boolean | ArrayBufferView | readonly unknown[];

/** A message with its defaults filled in: scalars and lists are always there, sub-messages only where given. */
export type Resolved<T> = {
  // Over Required<T>, since -? would take the undefined of absent sub-messages away as well.
  readonly [K in keyof Required<T>]: NonNullable<T[K]> extends Value ? NonNullable<T[K]> : T[K] | undefined;
};

/**
 * The message with the schema's defaults for what is absent. Ask `message.field !== undefined` on the message itself
 * for presence; ask this for the value that Caffe would see.
 * @param schema says which defaults. Default: the schema that the message was read with; for one that was not read, BVLC's, and
 * for a message type that BVLC does not have, that of the fork that it is best known from.
 * @example
 * const pooling = { kernel_size: 3 };
 * resolve('PoolingParameter', pooling).stride; // → 1
 */
export function resolve<N extends MessageName>(
  name: N,
  message: Messages[N] | undefined,
  schema?: Schema,
): Resolved<Messages[N]> {
  const own = message && typeOf(message);
  const type = schema?.message(name) ?? (own?.simpleName === name ? own : typeNamed(name));
  return Object.setPrototypeOf({ ...message }, defaultsOf(type)) as Resolved<Messages[N]>;
}

const completed = new WeakMap<MessageType, object>();

/** The defaults of a type, and BVLC's for fields that it lacks: what reads a net asks for these all the same. */
function defaultsOf(type: MessageType): object {
  const caffe = defaultSchema();
  if (schemaOfType(type) === caffe || !caffe.has(type.simpleName)) return type.defaults;
  let defaults = completed.get(type);
  if (!defaults)
    completed.set(type, (defaults = Object.freeze({ ...caffe.message(type.simpleName).defaults, ...type.defaults })));
  return defaults;
}

function typeNamed(name: string): MessageType {
  const schema = defaultSchema();
  return (schema.has(name) ? undefined : messageOfFork(name)) ?? schema.message(name);
}

/** Adds a value to those of a repeated field; another field gets it in the place of what it had. */
export function putValue(message: Record<string, unknown>, { name, repeated, form }: Field, value: unknown): void {
  const held = message[name];
  if (repeated && Array.isArray(held)) held.push(value);
  else if (repeated && form === 'either' && held !== undefined) message[name] = [held, value];
  else message[name] = form === 'list' ? [value] : value;
}

/** The one value of a field that is not repeated, which some hold in a list; several, or none, are handed on as they are. */
export function oneValue(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
}

const types = new WeakMap<object, MessageType>();
/**
 * What the schema in use calls the value of an enum field; undefined where the field is absent or its number has no name there. A
 * message that was not read is taken for BVLC's.
 * @param typeName name of the message type
 */
export function enumNameOf(message: object, typeName: string, field: string): string | undefined {
  const type = typeOf(message) ?? typeNamed(typeName);
  const value = (message as Record<string, unknown>)[field];
  return typeof value === 'number' ? type.byName.get(field)?.enumType?.names.get(value) : undefined;
}

const addresses = new WeakMap<object, MessageAddress>();

/** Where a message and its fields stand in the text that they were parsed from. */
export interface MessageAddress extends Address {
  /** First occurrence of each field, by name. */
  fields: Readonly<Record<string, Address>>;
}

/** Remembers which message type an object is, for writing it without being told. */
export function tagType(message: object, type: MessageType): void {
  types.set(message, type);
}

/** The type given to {@link tagType}, if any. */
export function typeOf(message: object): MessageType | undefined {
  return types.get(message);
}

/** Name of the message type that an object was parsed or decoded as, if it was. */
export function typeNameOf(message: object): string | undefined {
  return types.get(message)?.name;
}

/** The schema that a message was parsed or decoded with, if it was. */
export function schemaOf(message: object): Schema | undefined {
  const type = types.get(message);
  return type && schemaOfType(type);
}

/** Remembers where a parsed message stands in its file. */
export function tagAddress(message: object, address: MessageAddress): void {
  addresses.set(message, address);
}

/**
 * Where a message, or one field of it, stands in the prototxt it came from; undefined when it was not parsed from text.
 * @example
 * const net = parsePrototxt('name: "small"\nlayer { name: "conv1" }', { file: 'net.prototxt' });
 * addressOf(net.layer![0]!, 'name'); // → { file: 'net.prototxt', line: 2, column: 9 }
 */
export function addressOf(message: object, field?: string): Address | undefined {
  const address = addresses.get(message);
  if (!address || field === undefined) return address;
  return address.fields[field] ?? address;
}
