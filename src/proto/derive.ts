/**
 * Changed copies of parsed messages that still know where they stand in the user's file.
 */
import type { Address } from '../errors.js';
import type { LayerParameter } from '../generated/messages.js';
import { inheritForks } from './forks/net-forks.js';
import { addressOf, tagAddress, tagType, typeOf, type MessageAddress } from './message.js';

/** A shallow copy with some fields replaced; its type, its address and its forks stay those of the original. */
export function derive<T extends object>(message: T, changes: Partial<T>): T {
  const copy = likeRead({ ...message, ...changes }, message);
  const address = addressOf(message);
  if (address) tagAddress(copy, address as MessageAddress);
  return copy;
}

/** Has a message be of the type, and of the forks, of one that was read: so it is written with the same schema. Returns it. */
export function likeRead<T extends object>(message: T, read: object): T {
  const type = typeOf(read);
  if (type) tagType(message, type);
  inheritForks(message, read);
  return message;
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
