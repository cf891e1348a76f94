/**
 * What a net has, without knowing its schema: the fields by name, how often they come, and what kind of values they have. All
 * messages at one place, `layer.convolution_param` for instance, are looked at together, so that it is small whatever the net.
 */
import { isList } from '../scalars.js';

/** All messages at one place. */
export interface Evidence {
  /** How many there are. */
  count: number;
  fields: Map<string, FieldEvidence>;
  /** Of layers: what comes in the layers of each type. */
  layers?: Map<string, LayerEvidence>;
}

export interface FieldEvidence {
  /** In how many of the messages it comes. */
  present: number;
  /** The most values that one message has. */
  most: number;
  /** Set where some value is a message. */
  inner?: Evidence;
  /** Set where some value is none. */
  scalars?: ScalarEvidence;
}

/** What kinds of values there are. */
export interface ScalarEvidence {
  /** Words without quotes: names of enum values, true and false. */
  words: Set<string>;
  /** Least and greatest of the whole numbers. */
  least: number;
  greatest: number;
  /** Numbers that are not whole, and what counts as such: 1e3, inf. */
  fractions: boolean;
  /** Whole numbers in octal or hexadecimal, which no float is written in. */
  radix: boolean;
  /** Text in quotes. */
  strings: boolean;
  /** Bytes, in a message in memory. */
  bytes: boolean;
  /** A text that may stand for an enum's value, in the fields that a program gives. */
  texts: Set<string>;
}

export interface LayerEvidence {
  /** Name of the first layer of the type. */
  name?: string;
  fields: Set<string>;
}

/** Different words and texts of one field are collected up to this number: a field of names has as many as it has values. */
const MOST_WORDS = 100;

export function noEvidence(): Evidence {
  return { count: 0, fields: new Map() };
}

export function noScalars(): ScalarEvidence {
  return {
    words: new Set(),
    least: Infinity,
    greatest: -Infinity,
    fractions: false,
    radix: false,
    strings: false,
    bytes: false,
    texts: new Set(),
  };
}

/** What is known of a field so far; a new entry when it was not seen before. */
export function fieldOf(evidence: Evidence, name: string): FieldEvidence {
  let field = evidence.fields.get(name);
  if (!field) evidence.fields.set(name, (field = { present: 0, most: 0 }));
  return field;
}

/** Notes how many values one message has of a field. */
export function noteCount(field: FieldEvidence, values: number): void {
  field.present++;
  field.most = Math.max(field.most, values);
}

export function noteInteger(scalars: ScalarEvidence, value: number): void {
  scalars.least = Math.min(scalars.least, value);
  scalars.greatest = Math.max(scalars.greatest, value);
}

export function noteWord(words: Set<string>, word: string): void {
  if (words.size < MOST_WORDS) words.add(word);
}

/** Notes a layer's type and what fields it has. */
export function noteLayer(layers: Evidence, type: string, name: string | undefined, fields: Iterable<string>): void {
  layers.layers ??= new Map();
  let layer = layers.layers.get(type);
  if (!layer) layers.layers.set(type, (layer = { name, fields: new Set() }));
  for (const field of fields) layer.fields.add(field);
}

/** Whether a field of NetParameter holds layers. */
export function holdsLayers(path: string): boolean {
  return path === 'layer' || path === 'layers';
}

/** What a message in memory has. Its blobs are left out: every Caffe has them alike. */
export function evidenceOfMessage(message: object): Evidence {
  const evidence = noEvidence();
  addMessage(evidence, message as Record<string, unknown>, '', new Set());
  return evidence;
}

function addMessage(evidence: Evidence, message: Record<string, unknown>, path: string, around: Set<object>): void {
  // A message that a program made may hold itself; whoever writes it will say so.
  if (around.has(message)) return;
  around.add(message);
  evidence.count++;
  for (const [name, value] of Object.entries(message)) {
    if (value === undefined || (name === 'blobs' && Array.isArray(value))) continue;
    const field = fieldOf(evidence, name);
    const values = isList(value) && !(value instanceof Uint8Array) ? value : [value];
    noteCount(field, values.length);
    for (let i = 0; i < values.length; i++) addValue(field, values[i], path === '' ? name : `${path}.${name}`, around);
  }
  if (holdsLayers(path) && typeof message['type'] === 'string') {
    const name = typeof message['name'] === 'string' ? message['name'] : undefined;
    const given = Object.keys(message).filter((field) => message[field] !== undefined);
    noteLayer(evidence, message['type'], name, given);
  }
  around.delete(message);
}

function addValue(field: FieldEvidence, value: unknown, path: string, around: Set<object>): void {
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    addMessage((field.inner ??= noEvidence()), value as Record<string, unknown>, path, around);
    return;
  }
  const scalars = (field.scalars ??= noScalars());
  if (value instanceof Uint8Array) scalars.bytes = true;
  else if (typeof value === 'boolean') scalars.words.add(String(value));
  else if (typeof value === 'string') noteWord(scalars.texts, value);
  else if (typeof value === 'number' && Number.isInteger(value)) noteInteger(scalars, value);
  else scalars.fractions = true;
}
