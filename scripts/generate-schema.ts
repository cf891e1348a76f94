/**
 * Reads caffe.proto, forks/*.proto and the facts of the layer types, and writes, under src/generated/:
 *   schema.ts       the schema as data, so that no program that uses it has to parse caffe.proto
 *   forks.ts        those of the forks; see generate-forks.ts
 *   messages.ts     a TypeScript interface for every message and a constant object for every enum, doc comments included, of
 *                   BVLC's Caffe and of all forks
 *   layers.ts, layer-types.ts   see generate-dsl.ts
 *   targets.ts      what toolchains accept; see generate-targets.ts
 *   docs.ts         what editors say about fields and layers; see generate-docs.ts
 * The .proto files are the only description of a parameter, a layer's own file that of the layer; all are derived from them at build
 * and never edited. The layers import messages.ts and the kernels' kernels.ts, which must be there before.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { definitionOf } from '../src/proto/reflection.js';
import { caffeRoot, forkFiles, rootOf } from './combine-schemas.js';
import { docsModule } from './generate-docs.js';
import { byType, dslTypes, layerTypesModule } from './generate-dsl.js';
import { forksModule } from './generate-forks.js';
import { targetsModule } from './generate-targets.js';
import { nameOf, originNote, typedVariants, unionOf, type UnionEnum, type UnionField } from './union-schema.js';

const header = '// Generated from caffe.proto by scripts/generate-schema.ts. Do not edit.\n';
const forksHeader = '// Generated from caffe.proto and forks/ by scripts/generate-schema.ts. Do not edit.\n';
const outDir = new URL('../src/generated/', import.meta.url);

/** 'PoolingParameter.PoolMethod' → 'PoolingParameter_PoolMethod' */
function identifier(name: string): string {
  return name.replaceAll('.', '_');
}

function comment(text: string | null, indent: string, extra: string[] = []): string {
  const lines = [...(text ? text.split('\n') : []), ...extra];
  if (lines.length === 0) return '';
  if (lines.length === 1) return `${indent}/** ${lines[0]!} */\n`;
  return `${indent}/**\n${lines.map((l) => `${indent} * ${l}`.trimEnd()).join('\n')}\n${indent} */\n`;
}

function scalarType(type: string): string {
  if (type === 'string') return 'string';
  if (type === 'bool') return 'boolean';
  if (type === 'bytes') return 'Uint8Array';
  return 'number';
}

function fieldType(field: UnionField): string {
  return [...new Set(typedVariants(field).map(typeOf))].join(' | ');
}

function typeOf(field: protobuf.Field): string {
  const base = field.resolvedType ? identifier(nameOf(field.resolvedType)) : scalarType(field.type);
  if (!field.repeated) return base;
  // Weight payloads: typed arrays on the way in from a file, plain arrays where a user writes them by hand.
  if (field.packed && field.type === 'float') return 'number[] | Float32Array';
  if (field.packed && field.type === 'double') return 'number[] | Float64Array';
  return `${base}[]`;
}

function defaultNote({ variants: [field] }: UnionField): string[] {
  let value = field!.options?.['default'] as string | number | boolean | undefined;
  if (value === undefined) return [];
  // Seven digits are what float32 holds: 0.999, not 0.9990000128746033.
  if (typeof value === 'number') value = Number(value.toPrecision(7));
  return [`@default ${typeof value === 'string' && !field!.resolvedType ? JSON.stringify(value) : String(value)}`];
}

/** The layer types of 2014, which each fork numbers as it likes: the schema in use names them. */
const NUMBERED_BY_FORKS = new Set(['V1LayerParameter.LayerType']);

function enumText(whole: UnionEnum): string {
  const { name, comment: text, values } = whole;
  const own = [...values.values()].filter((value) => !NUMBERED_BY_FORKS.has(name) || value.forks.length === 0);
  const id = identifier(name);
  const doc = comment(text, '', originNote(whole));
  const rows = own.map(
    (value) => `${comment(value.comment, '  ', originNote(value, whole))}  ${value.name}: ${value.number},\n`,
  );
  return `\n${doc}export const ${id} = {\n${rows.join('')}} as const;\n${doc}export type ${id} = (typeof ${id})[keyof typeof ${id}];\n`;
}

mkdirSync(outDir, { recursive: true });
const write = (file: string, text: string): void => {
  writeFileSync(new URL(file, outDir), text);
};

const definition = definitionOf(caffeRoot());
const schemaJson = JSON.stringify(definition);
assert.deepEqual(JSON.parse(schemaJson), definition, 'caffe.proto has a default that JSON cannot hold');
write(
  'schema.ts',
  `${header}\n/** caffe.proto as JSON: a SchemaDefinition. */\nexport const schemaJson =\n  ${JSON.stringify(schemaJson)};\n`,
);
const files = forkFiles();
const roots = new Map(files.map((file) => [file.name, rootOf(file, files)]));
write('forks.ts', forksHeader + forksModule(files, roots, definition));
write(
  'targets.ts',
  '// Generated from src/lint/targets/ by scripts/generate-targets.ts. Do not edit.\n' + targetsModule(),
);

const { forks } = await import('../src/proto/forks/catalog.js');
const titled = forks().map(({ name, title }) => ({ root: roots.get(name)!, title }));
const union = unionOf([{ root: caffeRoot() }, ...titled]);

let types = forksHeader;
for (const each of union.enums.values()) types += enumText(each);
for (const m of union.messages.values()) {
  types += `\n${comment(m.comment, '', originNote(m))}export interface ${identifier(m.name)} {\n`;
  for (const f of m.fields.values())
    types += comment(f.comment, '  ', [...originNote(f, m), ...defaultNote(f)]) + `  ${f.name}?: ${fieldType(f)};\n`;
  types += '}\n';
}
types +=
  '\n/** Every message of the schemas by its name, for functions that take the name of a message type. */\nexport interface Messages {\n';
for (const { name } of union.messages.values()) types += `  ${quoted(name)}: ${identifier(name)};\n`;
types += '}\n\n/** Any message type name of the built-in schemas. */\nexport type MessageName = keyof Messages;\n';
write('messages.ts', types);

function quoted(name: string): string {
  return name.includes('.') ? `'${name}'` : name;
}

const { LAYER_TABLE } = await import('../src/layers/table.js');
const layerHeader =
  '// Generated from caffe.proto, forks/ and src/layers/ by scripts/generate-schema.ts. Do not edit.\n';
const layerTypes = byType(LAYER_TABLE);
write('layers.ts', layerHeader + dslTypes(union, layerTypes, { identifier, scalarType, comment, defaultNote }));
write('layer-types.ts', layerHeader + layerTypesModule(layerTypes));
write('docs.ts', layerHeader + docsModule(union, LAYER_TABLE));
const { messages, enums } = union;
console.log(
  `generated types of ${messages.size} messages, ${enums.size} enums and ${layerTypes.size} layers, ${files.length} forks`,
);
