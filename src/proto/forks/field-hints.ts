/** What to say about a field, or an enum's value, that the schema in use does not have. */
import { didYouMean } from '../../errors.js';
import type { EnumType, MessageType } from '../descriptor.js';
import { caffeDefinition, defaultSchema, schemaOfType, type Schema } from '../schema.js';
import { forks } from './catalog.js';
import { fieldNamed } from './fit.js';
import { PACKAGE } from './fork-table.js';

const GIVE_PROTO = 'give the caffe.proto of the Caffe that the net is for';

/** Names are listed where there are no more of them than this. */
const LISTED = 12;

/** The place of an unknown field. */
export interface UnknownField {
  type: MessageType;
  name: string;
  /** Type of the layer around it. */
  layerType: string | undefined;
  /** The schema that was given; undefined where BVLC's and all forks' were tried. */
  schema: Schema | undefined;
}

/** One line on a field that is not there. */
export function unknownFieldHint({ type, name, layerType, schema }: UnknownField): string {
  const own = [...type.byName.keys()];
  if (schema) return ownerHint(type, name, schema, 'read') ?? didYouMean(name, own) ?? listHint(type, own);
  const fullName = `${PACKAGE}.${type.simpleName}`;
  const everywhere = new Set([
    ...own,
    ...forks().flatMap(({ own: { messages } }) => (messages[fullName] ?? []).map((f) => f.name)),
  ]);
  const owner = forks().find(({ own }) => fieldNamed(own, fullName, name));
  if (owner) return `${owner.title} has ${name}, but not with such a value`;
  // A field that is called like the type of its layer is spelt as it should be.
  const near = isSettingsOf(layerType, name) ? undefined : didYouMean(name, everywhere);
  if (near !== undefined) return near;
  return own.length > LISTED
    ? `no Caffe that netspec knows has ${name} in ${type.simpleName}: ${GIVE_PROTO}`
    : `${listHint(type, own)}; if some other Caffe has ${name}, ${GIVE_PROTO}`;
}

/** Whose the field is, where it is known elsewhere. */
function ownerHint(type: MessageType, name: string, schema: Schema, action: 'read' | 'write'): string | undefined {
  const fullName = `${PACKAGE}.${type.simpleName}`;
  const isBvlc = schema === defaultSchema();
  const title = isBvlc ? "BVLC's Caffe" : schema.title === undefined ? 'the schema given' : schema.title;
  const inBvlc = !isBvlc && fieldNamed(caffeDefinition(), fullName, name) !== undefined;
  const owner = inBvlc ? undefined : forks().find(({ own }) => fieldNamed(own, fullName, name));
  if (!inBvlc && !owner) return undefined;
  const said = `${owner?.title ?? "BVLC's Caffe"} has it, ${title} does not`;
  if (action === 'write') return said;
  return `${said}: read it without a schema, or with ${owner ? `that one (${owner.name})` : 'a newer one'}`;
}

/** One line on a field that a message has and the schema that it is written with does not. */
export function writtenFieldHint(type: MessageType, name: string): string | undefined {
  return ownerHint(type, name, schemaOfType(type), 'write') ?? didYouMean(name, type.byName.keys());
}

function listHint(type: MessageType, names: readonly string[]): string {
  return `${type.simpleName} has ${listed(names)}`;
}

/** `group_norm_param` in a layer of type GroupNorm. */
export function isSettingsOf(layerType: string | undefined, name: string): boolean {
  const plain = (text: string) => text.replaceAll('_', '').toLowerCase();
  return layerType !== undefined && plain(name) === `${plain(layerType)}param`;
}

/** One line on an enum's value that is not there. */
export function unknownValueHint(field: string, type: EnumType, value: string): string {
  const names = Object.keys(type.values);
  // MCWINDOW_DATA is no slip for WINDOW_DATA, but some fork's layer.
  const isLayerType = type.fullName.endsWith('LayerParameter.LayerType');
  const isLonger = (name: string) => value.endsWith(name) || value.startsWith(name);
  const near = isLayerType && names.some(isLonger) ? undefined : didYouMean(value, names);
  if (near !== undefined) return near;
  if (isLayerType) return `no Caffe that netspec knows has layers of type ${value}: ${GIVE_PROTO}`;
  return `${field} is one of ${listed(names)}`;
}

function listed(names: readonly string[]): string {
  const [shown, more] = [names.slice(0, LISTED).join(', '), names.length - LISTED];
  return more > 0 ? `${shown}, and ${more} more` : shown;
}
