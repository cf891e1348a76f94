/**
 * forks/*.proto → src/generated/forks.ts, the forks' schemas as one compact table, so that no program has to parse these files.
 * generate-schema.ts runs this.
 */
import assert from 'node:assert/strict';
import type protobuf from 'protobufjs';
import type { FieldDefinition, SchemaDefinition } from '../src/proto/descriptor.js';
import { definitionOf } from '../src/proto/reflection.js';
import { ForkTableReader, PACKAGE, encodeField, type ForkRow, type ForkTable } from '../src/proto/forks/fork-table.js';
import type { ForkFile } from './combine-schemas.js';

/** Full names of the types that some field refers to. */
type Uses = ReadonlySet<string>;

/** The text of forks.ts, without its header. */
export function forksModule(
  files: readonly ForkFile[],
  roots: ReadonlyMap<string, protobuf.Root>,
  caffe: SchemaDefinition,
): string {
  const table = tableOf(files, roots, caffe);
  const json = JSON.stringify(table);
  // Within single quotes, since JSON has double ones by the thousand.
  const literal = json.replace(/[\\']/g, '\\$&');
  return `\n/** The schemas of the forks as JSON: a ForkTable. */\nexport const forksJson =\n  '${literal}';\n`;
}

function tableOf(
  files: readonly ForkFile[],
  roots: ReadonlyMap<string, protobuf.Root>,
  caffe: SchemaDefinition,
): ForkTable {
  const fields = new Numbering();
  const enums = new Numbering();
  const definitions = new Map<string, SchemaDefinition>();
  const forks = files.map((file): ForkRow => {
    const { name, title, origin, aliases, base } = file;
    const before = base === undefined ? caffe : definitions.get(base)!;
    const whole = withoutUnused(definitionOf(roots.get(name)!), usesOf(caffe));
    const row: ForkRow = { name, title, origin, messages: {}, enums: {} };
    if (aliases.length > 0) row.aliases = aliases;
    if (base !== undefined) row.base = base;
    const messages: Record<string, string> = {};
    for (const [type, own] of Object.entries(whole.messages)) {
      const text = changeOf(before.messages[type], own, fields);
      if (text !== undefined) messages[shortName(type)] = text;
    }
    const numbers: Record<string, number> = {};
    for (const [type, values] of Object.entries(whole.enums)) {
      if (JSON.stringify(before.enums[type]) === JSON.stringify(values)) continue;
      const text = Object.entries(values)
        .map(([value, number]) => `${value}=${number}`)
        .join(' ');
      numbers[shortName(type)] = enums.of(text);
    }
    const gone = [...Object.keys(before.messages), ...Object.keys(before.enums)].filter(
      (type) => !whole.messages[type] && !whole.enums[type],
    );
    definitions.set(name, whole);
    return { ...row, messages, enums: numbers, ...(gone.length > 0 && { gone: gone.map(shortName) }) };
  });
  const table: ForkTable = { fields: fields.texts, enums: enums.texts, forks };
  checkReadsBack(table, definitions, caffe);
  return table;
}

/** Distinct texts by number. */
class Numbering {
  readonly texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  of(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) this.#numbers.set(text, (number = this.texts.push(text) - 1));
    return number;
  }
}

/** How a message type differs from what it was; undefined when it does not. */
function changeOf(
  before: readonly FieldDefinition[] | undefined,
  own: readonly FieldDefinition[],
  fields: Numbering,
): string | undefined {
  const indices = (list: readonly FieldDefinition[]) =>
    list.map((field) => fields.of(encodeField(checked(field))).toString(36)).join(' ');
  if (!before) return indices(own);
  const known = new Map(before.map((field) => [field.name, JSON.stringify(field)]));
  const changed = own.filter((field) => known.get(field.name) !== JSON.stringify(field));
  const names = new Set(own.map(({ name }) => name));
  const lost = before.filter(({ name }) => !names.has(name)).map(({ name }) => name);
  if (changed.length === 0 && lost.length === 0) return undefined;
  return `~${lost.join(' ')}~${indices(changed)}`;
}

function checked(field: FieldDefinition): FieldDefinition {
  if (field.oneof !== undefined) throw new Error(`${field.name}: the table has no place for a oneof`);
  return field;
}

function shortName(fullName: string): string {
  assert(fullName.startsWith(`${PACKAGE}.`), `${fullName} is not in package ${PACKAGE}`);
  return fullName.slice(PACKAGE.length + 1);
}

/** Every type that a field of the schema refers to. */
function usesOf({ messages }: SchemaDefinition): Uses {
  return new Set(Object.values(messages).flatMap((fields) => fields.flatMap(({ type }) => type ?? [])));
}

/** Read by name, also where nothing refers to them. */
const ALWAYS_THERE = new Set([`${PACKAGE}.NetParameter`, `${PACKAGE}.LayerParameter`]);

/** The schema without BVLC's types that its fields no longer refer to: the fork does not have them. */
function withoutUnused(definition: SchemaDefinition, usedByCaffe: Uses): SchemaDefinition {
  const messages = { ...definition.messages };
  const enums = { ...definition.enums };
  for (;;) {
    const uses = usesOf({ messages, enums });
    const unused = [...Object.keys(messages), ...Object.keys(enums)].filter(
      (type) => usedByCaffe.has(type) && !uses.has(type) && !ALWAYS_THERE.has(type),
    );
    if (unused.length === 0) return { messages, enums };
    for (const type of unused) {
      Reflect.deleteProperty(messages, type);
      Reflect.deleteProperty(enums, type);
    }
  }
}

function checkReadsBack(
  table: ForkTable,
  definitions: ReadonlyMap<string, SchemaDefinition>,
  caffe: SchemaDefinition,
): void {
  const reader = new ForkTableReader(JSON.parse(JSON.stringify(table)) as ForkTable);
  for (const row of table.forks) {
    const before = row.base === undefined ? caffe : definitions.get(row.base)!;
    const read = reader.definitionOf(row, before);
    assert.deepEqual(
      sortedFields(read),
      sortedFields(definitions.get(row.name)!),
      `the table loses some of ${row.name}`,
    );
  }
}

function sortedFields({ messages, enums }: SchemaDefinition) {
  const byNumber = (fields: readonly FieldDefinition[]) => fields.toSorted((a, b) => a.number - b.number);
  return {
    messages: Object.fromEntries(Object.entries(messages).map(([type, fields]) => [type, byNumber(fields)])),
    enums,
  };
}
