/**
 * Upgraded messages keep the addresses of the ones they were made from, so that errors name the line the user wrote.
 */
import { inheritForks } from '../forks/net-forks.js';
import { addressOf, schemaOf, tagAddress, tagType, type MessageAddress } from '../message.js';
import { defaultSchema } from '../schema.js';

/**
 * Gives `to` its type in the schema of `from`, its forks, and its address. Fields that exist under the same name keep theirs;
 * `renamed` says, for a new field, where it was before. When a message was made of two, `inner` is the one within `from`: its fields count
 * first.
 */
export function inherit<T extends object>(
  to: T,
  typeName: string,
  from: object,
  renamed: Readonly<Record<string, string>> = {},
  inner: object = from,
): T {
  const types = [schemaOf(from), defaultSchema()].flatMap((schema) =>
    schema?.has(typeName) ? schema.message(typeName) : [],
  );
  // A schema from before today's format has no place for today's layers.
  const type = 'layer' in to ? types.find(({ byName }) => byName.has('layer')) : types[0];
  if (type) tagType(to, type);
  if (typeName === 'NetParameter' || typeName === 'LayerParameter' || typeName === 'V1LayerParameter')
    inheritForks(to, from);
  const address = addressOf(from) as MessageAddress | undefined;
  if (address) {
    const before = { ...address.fields, ...(addressOf(inner) as MessageAddress | undefined)?.fields };
    const places = { ...before };
    for (const [field, old] of Object.entries(renamed)) {
      const place = before[old];
      if (place) places[field] ??= place;
    }
    tagAddress(to, { ...address, fields: places });
  }
  return to;
}
