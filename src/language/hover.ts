/** hover: what is known of the name under the pointer: a field's doc, a value's, a layer's formula and cost, a blob's shape. */
import { factsOf } from '../layers/registry.js';
import type { LayerParameter } from '../generated/messages.js';
import { blobAt, blobNamesOf, makersOf, type BlobName } from './blobs.js';
import { layerLabel, textOf, textOfValue, type Cursor } from './cursor.js';
import { declarationOf, fieldDoc, formulaOf, valueDoc } from './name-docs.js';
import type { LayerCost } from './net-facts.js';
import type { TextRange } from './places.js';
import { layerMessages, type SyntaxMessage, type SyntaxTree } from './syntax.js';

export interface Hover extends TextRange {
  /** One line of code: a declaration, a layer's name and type. */
  readonly title: string;
  /** Paragraphs of plain text. */
  readonly paragraphs: readonly string[];
}

export interface HoverContext {
  readonly tree: SyntaxTree;
  readonly cursor: Cursor;
  readonly schemaName: string | undefined;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Cost of the layer around the cursor. */
  readonly cost: LayerCost | undefined;
  /** The layer around the cursor, as it was read. */
  readonly param: LayerParameter | undefined;
}

export function hoverAt(context: HoverContext, offset: number): Hover | undefined {
  const { cursor, tree } = context;
  const { field, type, definition, isInValue, value, layer, message } = cursor;
  if (!field || (!isInValue && offset > field.name.end)) return undefined;
  if (!isInValue) {
    const inner = field.values.find((each) => each.message)?.message;
    const range = { start: field.name.start, end: field.name.end };
    const isLayer = inner !== undefined && !message.parent && layerMessages(tree.root).includes(inner);
    if (isLayer) return { ...range, ...layerText(context, inner) };
    if (!type || !definition) return undefined;
    return { ...range, title: declarationOf(type, definition), paragraphs: nonEmpty(fieldDoc(type, definition.name)) };
  }
  if (!value || !definition || value.message) return undefined;
  const range = { start: value.start, end: value.end };
  const text = textOfValue(value) ?? '';
  if (definition.enumType) {
    const { enumType } = definition;
    const name = /^-?\d/.test(text) ? enumType.names.get(Number(text)) : text;
    if (name === undefined || !Object.hasOwn(enumType.values, name)) return undefined;
    return {
      ...range,
      title: `${enumType.simpleName}.${name} = ${enumType.values[name]!}`,
      paragraphs: nonEmpty(valueDoc(enumType, name)),
    };
  }
  const names = blobNamesOf(tree.root);
  const blob = blobAt(names, offset);
  if (blob) return { ...range, ...blobText(context, names, blob) };
  if (layer && message === layer && (definition.name === 'type' || definition.name === 'name'))
    return { ...range, ...layerText(context, layer) };
  return undefined;
}

function layerText(
  { schemaName, shapes, cost, param }: HoverContext,
  layer: SyntaxMessage,
): Pick<Hover, 'title' | 'paragraphs'> {
  const { name = '', type = '' } = layerLabel(layer);
  const facts = factsOf(param ?? { type }, { schema: schemaName });
  const formula = facts && formulaOf(facts);
  const tops = layer.fields.filter((field) => field.name.text === 'top').map((field) => textOf(field) ?? '');
  const bottoms = layer.fields.filter((field) => field.name.text === 'bottom').map((field) => textOf(field) ?? '');
  const listed = (blobs: readonly string[]): string => blobs.map((blob) => shapeText(shapes, blob)).join(', ');
  return {
    title: `${name === '' ? 'layer' : name} (${type === '' ? 'no type' : type})`,
    paragraphs: [
      ...nonEmpty(facts?.doc ?? (type === '' ? '' : `No layer type ${type} is known.`)),
      ...nonEmpty(formula ?? ''),
      ...(bottoms.length > 0 ? [`Reads ${listed(bottoms)}`] : []),
      ...(tops.length > 0 ? [`Writes ${listed(tops)}`] : []),
      ...(cost && cost.params.length > 0
        ? [`Parameters ${cost.params.map((shape) => shape.join('x')).join(', ')}`]
        : []),
      ...(cost?.macs ? [`${groups(cost.macs)} multiply-accumulates`] : []),
    ],
  };
}

function blobText(
  { tree, shapes }: HoverContext,
  names: readonly BlobName[],
  found: BlobName,
): Pick<Hover, 'title' | 'paragraphs'> {
  const { blob } = found;
  const layers = layerMessages(tree.root).map((layer) => layerLabel(layer));
  const labels = (list: readonly BlobName[]): string =>
    [...new Set(list.map(({ layer }) => layers[layer]?.name ?? 'the net itself'))].slice(0, MOST_NAMED).join(', ') +
    (list.length > MOST_NAMED ? ' …' : '');
  const same = names.filter((each) => each.blob === blob);
  const makers = makersOf(names, found);
  const overwriters = same.filter((each) => each.role === 'top' && each.isInPlace);
  const readers = same.filter((each) => each.role === 'bottom' && !each.isInPlace);
  return {
    title: shapeText(shapes, blob),
    paragraphs: [
      makers.length > 0 ? `Made by ${labels(makers)}` : 'No layer makes this blob',
      ...(overwriters.length > 0 ? [`Overwritten in place by ${labels(overwriters)}`] : []),
      readers.length > 0 ? `Read by ${labels(readers)}` : 'No layer reads it behind that: an output of the net',
    ],
  };
}

const MOST_NAMED = 6;

function shapeText(shapes: ReadonlyMap<string, readonly number[]>, blob: string): string {
  const shape = shapes.get(blob);
  return shape ? `${blob}: ${shape.join('x') || 'scalar'}` : blob;
}

function nonEmpty(text: string): string[] {
  return text === '' ? [] : [text];
}

/** 12 345 678, in groups of three digits. */
function groups(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
