/** The fields of a message as the values that a program gives to `L`. */
import type { LayerParameter } from '../../generated/messages.js';
import { NetspecError } from '../../errors.js';
import type { Field, MessageType } from '../../proto/descriptor.js';
import { isList } from '../../proto/scalars.js';
import type { Schema } from '../../proto/schema.js';
import { formatFloat } from '../../proto/text/numbers.js';
import { OWN_SETTINGS, type WithOwnSettings } from '../../proto/message.js';
import { ownSettingsTexts } from '../../proto/text/own-settings-text.js';
import { layerFields } from '../layer-fields.js';
import { EnumName, type Literal } from './model.js';

/** Fields of a layer that are the call's own: name, type, bottoms and tops. */
const OF_THE_CALL: ReadonlySet<string> = new Set(['name', 'type', 'bottom', 'top']);

/** The fields of a layer as `L` takes them: members of the type's own message directly, where that is the same. */
export function layerOptions(layer: LayerParameter, schema: Schema): Record<string, Literal> {
  const descriptor = schema.message('LayerParameter');
  const options: Record<string, Literal> = {};
  for (const [key, value] of Object.entries(layer as Record<string, unknown>)) {
    if (OF_THE_CALL.has(key) || value === undefined) continue;
    const field = fieldNamed(descriptor, key);
    const members = value as Record<string, unknown>;
    if (field.messageType && key.endsWith('_param') && isOwn(layer.type ?? '', key, members, schema))
      for (const [name, each] of Object.entries(members)) {
        if (each !== undefined) options[name] = fieldLiteral(fieldNamed(field.messageType, name), each);
      }
    else options[key] = fieldLiteral(field, value);
  }
  const own = new Map<string, string[]>();
  for (const [key, text] of ownSettingsTexts((layer as WithOwnSettings)[OWN_SETTINGS] ?? []))
    own.set(key, [...(own.get(key) ?? []), text]);
  for (const [key, texts] of own) options[key] = texts.length === 1 ? texts[0] : texts;
  return options;
}

/** @throws NetspecError when the schema does not have it: the net is of another Caffe */
export function fieldNamed(type: MessageType, name: string): Field {
  const field = type.byName.get(name);
  if (!field) throw new NetspecError(`${type.simpleName} has no field '${name}'`);
  return field;
}

/** Whether members of the message, given directly, go into it. */
function isOwn(type: string, key: string, members: Record<string, unknown>, schema: Schema): boolean {
  if (Object.keys(members).length === 0) return false;
  try {
    return Object.keys(layerFields(type, members, schema)).join() === key;
  } catch {
    return false;
  }
}

/** The value of a field. A repeated field with one value is that value. */
export function fieldLiteral(field: Field, value: unknown): Literal {
  if (!isList(value)) return literal(field, value);
  const items = Array.from(value, (item) => literal(field, item));
  return items.length === 1 ? items[0] : items;
}

function literal({ messageType, enumType, kind }: Field, value: unknown): Literal {
  if (messageType)
    return Object.fromEntries(
      Object.entries(value as Record<string, unknown>)
        .filter(([, each]) => each !== undefined)
        .map(([name, each]) => [name, fieldLiteral(fieldNamed(messageType, name), each)]),
    );
  if (enumType) return new EnumName(enumType.names.get(value as number) ?? String(value));
  // The shortest number that is the same float: 0.1, where the message holds 0.10000000149011612.
  if (kind === 'float' && Number.isFinite(value)) return Number(formatFloat(value as number));
  return value as Literal;
}
