/**
 * Settings of a layer of the user's own that stand in no schema: `acme_param { … }` in a layer of type Acme. Text keeps them as
 * they are written. In binary they would need a number, which only the Caffe that has them knows: encode.ts says what becomes of them.
 */
import { didYouMean } from '../../errors.js';
import type { MessageType } from '../descriptor.js';
import { forks } from '../forks/catalog.js';
import { fieldNamed } from '../forks/fit.js';
import { PACKAGE } from '../forks/fork-table.js';
import { isSettingsOf } from '../forks/field-hints.js';
import { OWN_SETTINGS, type WithOwnSettings } from '../message.js';

/** Such fields of a layer by their names, each as the text has it, and two of one name together. */
export function ownSettingsOf(layer: object): Map<string, string> {
  const fields = new Map<string, string>();
  let name = '';
  for (const line of (layer as WithOwnSettings)[OWN_SETTINGS] ?? []) {
    // What is inside a field is indented.
    name = /^\w+/.exec(line)?.[0] ?? name;
    const before = fields.get(name);
    fields.set(name, before === undefined ? line : `${before}\n${line}`);
  }
  return fields;
}

/**
 * Whether a field that the schema lacks is one of the user's own: no known Caffe has it, and it is no slip for one that they have.
 * @param type of the message around it
 * @param layerType type of that layer, as it is written
 */
export function isOwnSettings(type: MessageType, name: string, layerType: unknown): boolean {
  if (type.simpleName !== 'LayerParameter' || typeof layerType !== 'string' || !name.endsWith('_param')) return false;
  const layer = `${PACKAGE}.LayerParameter`;
  if (forks().some(({ own }) => fieldNamed(own, layer, name))) return false;
  if (isSettingsOf(layerType, name)) return true;
  const known = new Set([
    ...type.byName.keys(),
    ...forks().flatMap(({ own: { messages } }) => (messages[layer] ?? []).map((field) => field.name)),
  ]);
  const isKnownType = [...known].some((field) => isSettingsOf(layerType, field));
  return !isKnownType && didYouMean(name, known) === undefined;
}
