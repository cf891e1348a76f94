/**
 * Messages are plain objects with the fields that were given and no others: an absent field is `undefined`, an explicit
 * 0, false or '' is present (proto2). Enums are numbers. This file is what every module shares about them.
 */
import type { MessageName, Messages } from '../generated/messages.js';
import { defaultSchema, type Schema } from './schema.js';
import type { Address } from '../errors.js';

/**
 * Raw bytes (tag and payload) of the fields that the schema does not know, in file order. Kept under this key so that a
 * fork's file can be rewritten byte for byte. A symbol, so that no field name can clash; object spread copies it.
 */
export const UNKNOWN_FIELDS: unique symbol = Symbol('unknown fields');

export interface WithUnknownFields {
  [UNKNOWN_FIELDS]?: Uint8Array[];
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
 */
export function resolve<N extends MessageName>(
  name: N,
  message: Messages[N] | undefined,
  schema?: Schema,
): Resolved<Messages[N]> {
  const type = (schema ?? defaultSchema()).message(name);
  return Object.setPrototypeOf({ ...message }, type.defaults) as Resolved<Messages[N]>;
}

const typeNames = new WeakMap<object, string>();
const addresses = new WeakMap<object, MessageAddress>();

/** Where a message and its fields stand in the text that they were parsed from. */
export interface MessageAddress extends Address {
  /** First occurrence of each field, by name. */
  fields: Readonly<Record<string, Address>>;
}

/** Remembers which message type an object is, for printing it without being told. */
export function tagType(message: object, name: string): void {
  typeNames.set(message, name);
}

/** The type given to {@link tagType}, if any. */
export function typeNameOf(message: object): string | undefined {
  return typeNames.get(message);
}

/** Remembers where a parsed message stands in its file. */
export function tagAddress(message: object, address: MessageAddress): void {
  addresses.set(message, address);
}

/** Where a message, or one field of it, stands in the prototxt it came from; undefined when it was not parsed from text. */
export function addressOf(message: object, field?: string): Address | undefined {
  const address = addresses.get(message);
  if (!address || field === undefined) return address;
  return address.fields[field] ?? address;
}
