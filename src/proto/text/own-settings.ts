/**
 * Settings of a layer of the user's own that stand in no schema: `acme_param { … }` in a layer of type Acme. Text keeps them as
 * they are written. In binary they would need a number, which only the Caffe that has them knows: encode.ts says what becomes of them.
 */
import { didYouMean, nearest } from '../../errors.js';
import { layerTypes } from '../../generated/layer-types.js';
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
 * A layer of a known type has no other settings. One of the user's own may have some that are called nearly as known ones are.
 * @param type of the message around it
 * @param layerType type of that layer, as it is written
 */
export function isOwnSettings(type: MessageType, name: string, layerType: unknown): boolean {
  if (type.simpleName !== 'LayerParameter' || typeof layerType !== 'string' || !name.endsWith(ENDING)) return false;
  if (forks().some(({ own }) => fieldNamed(own, LAYER, name))) return false;
  if (isSettingsOf(layerType, name)) return true;
  const known = settingsNames(type);
  if (Object.hasOwn(layerTypes, layerType) || [...known].some((field) => isSettingsOf(layerType, field))) return false;
  const stem = stemOf(name);
  return stem.length < LONG || nearest(stem, [...known].map(stemOf), FEW_EDITS) === undefined;
}

/** What an own field may be meant for: the nearest known one, unless it is called like its layer. */
export function slipOf(type: MessageType, name: string, layerType: string): string | undefined {
  return isSettingsOf(layerType, name) ? undefined : didYouMean(name, settingsNames(type));
}

const LAYER = `${PACKAGE}.LayerParameter`;
const ENDING = '_param';

/** Short names are near to one another without being slips: orn_param, lrn_param. */
const LONG = 6;
const FEW_EDITS = 2;

function stemOf(name: string): string {
  return name.replace(ENDING, '');
}

/** The fields of a layer that some Caffe has. */
function settingsNames(type: MessageType): Set<string> {
  const ofForks = forks().flatMap(({ own: { messages } }) => (messages[LAYER] ?? []).map((field) => field.name));
  return new Set([...type.byName.keys(), ...ofForks]);
}
