/**
 * Upgraded messages keep the addresses of the ones they were made from, so that errors name the line the user wrote.
 */
import { addressOf, tagAddress, tagType, type MessageAddress } from '../message.js';

/**
 * Gives `to` its type, and the address of `from`. Fields that exist under the same name keep theirs; `renamed` says, for
 * a new field, where it was before.
 */
export function inherit<T extends object>(
  to: T,
  typeName: string,
  from: object,
  renamed: Record<string, string> = {},
): T {
  tagType(to, typeName);
  const address = addressOf(from) as MessageAddress | undefined;
  if (address) {
    const fields = { ...address.fields };
    for (const [field, before] of Object.entries(renamed)) {
      const place = address.fields[before];
      if (place) fields[field] ??= place;
    }
    tagAddress(to, { ...address, fields });
  }
  return to;
}
