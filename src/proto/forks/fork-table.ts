/**
 * The schemas of the forks in the form in which they are shipped: every distinct field and enum once, as a short text, and for
 * each fork which of them differ from the schema that it is built on. Read when a fork is first asked for, and then only as far
 * as needed.
 */
import type { FieldDefinition, FieldKind, SchemaDefinition } from '../descriptor.js';

/** What scripts/generate-forks.ts writes, as JSON. */
export interface ForkTable {
  /** See {@link encodeField}. */
  fields: readonly string[];
  /** `NAME=number` of each value, separated by spaces. */
  enums: readonly string[];
  /** Each after the one that it is built on. */
  forks: readonly ForkRow[];
}

export interface ForkRow {
  name: string;
  title: string;
  origin: string;
  aliases?: readonly string[];
  /** Name of the fork that it is built on; left out for BVLC's schema. */
  base?: string;
  /**
   * By the name of the message type, indices of fields in base 36, separated by spaces: all of a new type, or, after `~` and the
   * names of those that a known type loses, those that it has otherwise.
   */
  messages: Readonly<Record<string, string>>;
  /** By the name of the enum, its index. */
  enums: Readonly<Record<string, number>>;
  /** Message types and enums that the fork lacks. */
  gone?: readonly string[];
}

export const PACKAGE = 'caffe';

const KINDS: readonly FieldKind[] = [
  'double',
  'float',
  'int32',
  'uint32',
  'sint32',
  'fixed32',
  'sfixed32',
  'int64',
  'uint64',
  'sint64',
  'fixed64',
  'sfixed64',
  'bool',
  'string',
  'bytes',
  'enum',
  'message',
];
const LABELS = { optional: '', repeated: '*', packed: '+', required: '!' } as const;

/** `name number kind[label][ type][=default]`, the kind as a letter; `order 1 d*`. */
export function encodeField({ name, number, kind, type, label, packed, default: value }: FieldDefinition): string {
  const letter = String.fromCharCode(97 + KINDS.indexOf(kind));
  const mark = LABELS[packed ? 'packed' : (label ?? 'optional')];
  const named = type === undefined ? '' : ` ${type.slice(PACKAGE.length + 1)}`;
  return `${name} ${number} ${letter}${mark}${named}${value === undefined ? '' : `=${JSON.stringify(value)}`}`;
}

/** The field that {@link encodeField} encoded. */
export function decodeField(text: string): FieldDefinition {
  const equals = text.indexOf('=');
  const [name, number, kindAndLabel, type] = (equals < 0 ? text : text.slice(0, equals)).split(' ') as [
    name: string,
    number: string,
    kindAndLabel: string,
    type?: string,
  ];
  const definition: FieldDefinition = { name, number: Number(number), kind: KINDS[kindAndLabel.charCodeAt(0) - 97]! };
  const mark = kindAndLabel.slice(1);
  if (type !== undefined) definition.type = `${PACKAGE}.${type}`;
  if (mark === LABELS.required) definition.label = 'required';
  if (mark === LABELS.repeated || mark === LABELS.packed) definition.label = 'repeated';
  if (mark === LABELS.packed) definition.packed = true;
  if (equals >= 0) definition.default = JSON.parse(text.slice(equals + 1)) as unknown;
  return definition;
}

/** Reads what the table says of a fork, given the schema that it is built on. */
export class ForkTableReader {
  readonly #fields: (FieldDefinition | undefined)[] = [];

  constructor(readonly table: ForkTable) {}

  /** The whole schema of a fork. */
  definitionOf({ messages, enums, gone = [] }: ForkRow, base: SchemaDefinition): SchemaDefinition {
    const result = { messages: { ...base.messages }, enums: { ...base.enums } };
    for (const name of gone) {
      Reflect.deleteProperty(result.messages, `${PACKAGE}.${name}`);
      Reflect.deleteProperty(result.enums, `${PACKAGE}.${name}`);
    }
    for (const [name, text] of Object.entries(messages)) {
      const fullName = `${PACKAGE}.${name}`;
      result.messages[fullName] = this.#fieldsOf(text, base.messages[fullName]);
    }
    for (const [name, index] of Object.entries(enums)) result.enums[`${PACKAGE}.${name}`] = this.#valuesOf(index);
    return result;
  }

  #fieldsOf(text: string, before: readonly FieldDefinition[] = []): readonly FieldDefinition[] {
    const changed = text.startsWith('~');
    const [lost = '', indices] = changed ? text.slice(1).split('~') : ['', text];
    const fields = (indices ?? '')
      .split(' ')
      .filter(Boolean)
      .map((index) => this.#field(parseInt(index, 36)));
    if (!changed) return fields;
    const names = new Set([...lost.split(' '), ...fields.map(({ name }) => name)]);
    return [...before.filter(({ name }) => !names.has(name)), ...fields];
  }

  #field(index: number): FieldDefinition {
    return (this.#fields[index] ??= decodeField(this.table.fields[index]!));
  }

  #valuesOf(index: number): Record<string, number> {
    const values = this.table.enums[index]!.split(' ').map((value) => value.split('=') as [string, string]);
    return Object.fromEntries(values.map(([name, number]) => [name, Number(number)]));
  }
}
