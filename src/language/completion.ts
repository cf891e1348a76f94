/** completion: what may stand at a place: fields, values of enums, layer types, blobs, types of fillers. */
import { FILLER_TYPES } from '../engine/fillers.js';
import { factsOf, knownLayerTypes } from '../layers/registry.js';
import type { Field, MessageType } from '../proto/descriptor.js';
import { blobNamesOf } from './blobs.js';
import { layerLabel, textOf, type Cursor } from './cursor.js';
import { declarationOf, fieldDoc, valueDoc } from './name-docs.js';
import type { TextRange } from './places.js';
import { contentOf } from './scan.js';
import { fieldNamed, layerMessages, type SyntaxMessage, type SyntaxTree } from './syntax.js';

export interface Completion extends TextRange {
  readonly label: string;
  readonly kind: 'field' | 'message' | 'value' | 'type' | 'blob';
  /** How the field is declared, or the shape of the blob. */
  readonly detail: string;
  readonly doc: string;
  /** What takes the place of the range, before the cursor and behind it. */
  readonly before: string;
  readonly after: string;
  /** Lower ones go first. */
  readonly rank: number;
}

/** Fields of a layer that every type has, in the order in which people write them. */
const COMMON = [
  'name',
  'type',
  'bottom',
  'top',
  'param',
  'include',
  'exclude',
  'loss_weight',
  'propagate_down',
  'phase',
];

export interface CompletionContext {
  readonly text: string;
  readonly tree: SyntaxTree;
  readonly cursor: Cursor;
  readonly schemaName: string | undefined;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

export function completionsAt(context: CompletionContext, offset: number): Completion[] {
  const { cursor, tree, text } = context;
  const comment = tree.comments.findLast(({ start }) => start < offset);
  if (comment && !text.slice(comment.start, offset).includes('\n')) return [];
  return cursor.isInValue ? values(context, offset) : fields(context, offset);
}

function fields({ tree, cursor, schemaName }: CompletionContext, offset: number): Completion[] {
  const { type, message, layer } = cursor;
  if (!type) return [];
  const word = tree.tokens.find(({ kind, start, end }) => kind === 'word' && start <= offset && offset <= end);
  const range = word ? { start: word.start, end: word.end } : { start: offset, end: offset };
  const written = new Set(message.fields.filter(({ name }) => name !== word).map(({ name }) => name.text));
  const rank = message === layer ? layerRanks(layer, schemaName) : undefined;
  return type.fields
    .map((field, i) => ({ field, at: rank ? rank(field.name) : i }))
    .filter(({ field, at }) => at !== undefined && (field.repeated || !written.has(field.name)))
    .map(({ field, at }) => fieldCompletion(type, field, range, at!))
    .sort((a, b) => a.rank - b.rank);
}

/**
 * The order of a layer's fields: those of every layer, then the settings of its type; settings of other types are left out where
 * the type is known.
 */
function layerRanks(layer: SyntaxMessage, schemaName: string | undefined): (name: string) => number | undefined {
  const { type = '' } = layerLabel(layer);
  const own = type === '' ? undefined : factsOf({ type }, { schema: schemaName });
  const others = new Set(knownLayerTypes().flatMap((each) => factsOf({ type: each })?.params ?? []));
  return (name) => {
    const common = COMMON.indexOf(name);
    if (common >= 0) return common < 4 ? common : 100 + common;
    const at = own?.params?.indexOf(name) ?? -1;
    if (at >= 0) return 10 + at;
    return own && others.has(name) && name !== 'transform_param' && name !== 'loss_param' ? undefined : 200;
  };
}

function fieldCompletion(type: MessageType, field: Field, range: TextRange, rank: number): Completion {
  const { name, kind } = field;
  const isText = kind === 'string' || kind === 'bytes';
  const [before, after] =
    kind === 'message' ? [`${name} {\n  `, '\n}'] : isText ? [`${name}: "`, '"'] : [`${name}: `, ''];
  return {
    ...range,
    label: name,
    kind: kind === 'message' ? 'message' : 'field',
    detail: declarationOf(type, field),
    doc: fieldDoc(type, name),
    before,
    after,
    rank,
  };
}

function values(context: CompletionContext, offset: number): Completion[] {
  const { cursor } = context;
  const { definition, field, value, type } = cursor;
  if (!definition || !field) return [];
  if (definition.kind === 'string') {
    const token = value?.tokens.find(({ start, end }) => start <= offset && offset <= end);
    // Behind the closing quote there is nothing to say.
    if (token?.kind === 'string' && (offset <= token.start || offset > contentOf(token).end)) return [];
    const isString = token?.kind === 'string';
    const range = isString ? contentOf(token) : (token ?? { start: offset, end: offset });
    const quote = isString ? '' : '"';
    return namesFor(context).map(({ label, ...more }, i) => ({
      start: range.start,
      end: range.end,
      label,
      ...more,
      before: `${quote}${label}${quote}`,
      after: '',
      rank: i,
    }));
  }
  const range = value ? { start: value.start, end: value.end } : { start: offset, end: offset };
  const plain = (label: string, doc: string, i: number): Completion => ({
    ...range,
    label,
    kind: 'value',
    detail: type && label === defaultName(definition) ? 'default' : '',
    doc,
    before: label,
    after: '',
    rank: i,
  });
  if (definition.kind === 'bool') return ['true', 'false'].map((label, i) => plain(label, '', i));
  const { enumType } = definition;
  if (!enumType) return [];
  return Object.keys(enumType.values).map((label, i) => plain(label, valueDoc(enumType, label), i));
}

function defaultName({ enumType, default: value }: Field): string | undefined {
  return enumType && typeof value === 'number' ? enumType.names.get(value) : undefined;
}

type Named = Pick<Completion, 'label' | 'kind' | 'detail' | 'doc'>;

/** The strings that may stand in a field. */
function namesFor({ tree, cursor, schemaName, shapes }: CompletionContext): Named[] {
  const { type, field, layer, message } = cursor;
  const name = field!.name.text;
  if (type?.simpleName === 'FillerParameter' && name === 'type')
    return FILLER_TYPES.map((label) => ({ label, kind: 'value', detail: 'filler', doc: '' }));
  if (!layer || message !== layer) return [];
  if (name === 'type')
    return knownLayerTypes().map((label) => {
      const facts = factsOf({ type: label }, { schema: schemaName });
      return { label, kind: 'type', detail: facts?.origin ?? '', doc: facts?.doc ?? '' };
    });
  const own = textOf(fieldNamed(layer, 'name'));
  const blob = (label: string): Named => ({
    label,
    kind: 'blob',
    detail: shapes.get(label)?.join('x') ?? '',
    doc: '',
  });
  if (name === 'bottom') {
    const index = layerMessages(tree.root).indexOf(layer);
    const before = blobNamesOf(tree.root).filter((each) => each.role !== 'bottom' && each.layer < index);
    // The nearest first: that is what a layer most often reads.
    return [...new Set(before.map((each) => each.blob).reverse())].map(blob);
  }
  if (name === 'top') {
    const bottoms = layer.fields.filter((each) => each.name.text === 'bottom').map(textOf);
    return [...new Set([own, ...bottoms].filter((each) => each !== undefined && each !== ''))].map((each) =>
      blob(each!),
    );
  }
  return [];
}
