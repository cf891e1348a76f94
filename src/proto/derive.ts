/**
 * Changed copies of parsed messages that still know where they stand in the user's file.
 */
import type { Address } from '../errors.js';
import type { LayerParameter } from '../generated/messages.js';
import { addressOf, tagAddress, tagType, typeNameOf, type MessageAddress } from './message.js';

/** A shallow copy with some fields replaced; its type and address stay those of the original. */
export function derive<T extends object>(message: T, changes: Partial<T>): T {
  const copy = { ...message, ...changes };
  const address = addressOf(message);
  if (address) tagAddress(copy, address as MessageAddress);
  const type = typeNameOf(message);
  if (type !== undefined) tagType(copy, type);
  return copy;
}

/**
 * Where a field stands, given as a path from the message: `convolution_param.kernel_size`. When the field itself was
 * not written, the nearest message around it; undefined when the message was not parsed from text.
 */
export function addressIn(message: object, path: string | undefined): Address | undefined {
  let inner = message;
  let address = plain(addressOf(message));
  for (const field of path?.split('.') ?? []) {
    address = plain(addressOf(inner, field)) ?? address;
    const value: unknown = (inner as Record<string, unknown>)[field];
    const next: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof next !== 'object' || next === null) break;
    inner = next;
  }
  return address;
}

/** The address alone, without the addresses of fields that a message's carries. */
function plain(address: Address | undefined): Address | undefined {
  if (!address) return undefined;
  const { file, line, column } = address;
  return { file, line, column };
}

/** What an error says of a layer. */
export function nameAndType({ name, type }: LayerParameter): { name?: string; type?: string } {
  return { name, type };
}
