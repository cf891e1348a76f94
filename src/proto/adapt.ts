/**
 * A message's values as another schema than the one that it was read with has them: enums are known by name, and a single value
 * may be held by itself or in a list.
 */
import type { Field, MessageType } from './descriptor.js';
import { typeOf } from './message.js';
import { isList } from './scalars.js';

/**
 * The value of a field as it is to be written: a list where the schema declares the field repeated, one value otherwise, an enum as
 * the number that its name has in this schema. What cannot be so is handed on as it is, for the writer to refuse; an enum's value
 * that this schema lacks, by its name.
 */
export function valueToWrite(type: MessageType, field: Field, message: Readonly<Record<string, unknown>>): unknown {
  const held = message[field.name];
  if (held === undefined) return undefined;
  const origin = typeOf(message);
  const foreign = origin !== undefined && origin !== type && origin.simpleName === type.simpleName;
  const value = foreign && field.enumType ? byName(origin, field, held) : held;
  if (field.repeated) return !isList(value) && (foreign || field.form === 'either') ? [value] : value;
  const single = (foreign || field.form === 'list') && Array.isArray(value) && value.length === 1;
  return single ? (value[0] as unknown) : value;
}

function byName(origin: MessageType, field: Field, held: unknown): unknown {
  const { names } = origin.byName.get(field.name)?.enumType ?? {};
  const { values } = field.enumType!;
  const translate = (number: unknown): unknown => {
    const name = names?.get(number as number);
    if (name === undefined) return number;
    return Object.hasOwn(values, name) ? values[name] : name;
  };
  return isList(held) ? Array.from(held, translate) : translate(held);
}
