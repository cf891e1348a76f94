/**
 * Reads caffe.proto and the facts of the layer types, and writes, under src/generated/:
 *   schema.ts       the schema as data, so that no program that uses it has to parse caffe.proto
 *   messages.ts     a TypeScript interface for every message and a constant object for every enum, doc comments included
 *   layers.ts, layer-types.ts   see generate-dsl.ts
 * caffe.proto is the only description of a parameter, a layer's own file that of the layer; all are derived from them at build
 * and never edited. The layers import messages.ts and the kernels' kernels.ts, which must be there before.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { declarationsOf, definitionOf } from '../src/proto/reflection.js';
import { byType, dslTypes, layerTypesModule } from './generate-dsl.js';

const header = '// Generated from caffe.proto by scripts/generate-schema.ts. Do not edit.\n';
const protoPath = new URL('../caffe.proto', import.meta.url);
const outDir = new URL('../src/generated/', import.meta.url);

const { root } = protobuf.parse(readFileSync(protoPath, 'utf8'), { keepCase: true, alternateCommentMode: true });
root.resolveAll();
const caffe = root.lookup('caffe');
if (!(caffe instanceof protobuf.Namespace)) throw new Error('caffe.proto must declare package caffe');

/** 'caffe.PoolingParameter.PoolMethod' → 'PoolingParameter_PoolMethod' */
function identifier(type: protobuf.ReflectionObject): string {
  return type.fullName.replace(/^\.caffe\./, '').replaceAll('.', '_');
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

function fieldType(field: protobuf.Field): string {
  const base = field.resolvedType ? identifier(field.resolvedType) : scalarType(field.type);
  if (!field.repeated) return base;
  // Weight payloads: typed arrays on the way in from a file, plain arrays where a user writes them by hand.
  if (field.packed && field.type === 'float') return 'number[] | Float32Array';
  if (field.packed && field.type === 'double') return 'number[] | Float64Array';
  return `${base}[]`;
}

function defaultNote(field: protobuf.Field): string[] {
  let value = field.options?.['default'] as string | number | boolean | undefined;
  if (value === undefined) return [];
  // Seven digits are what float32 holds: 0.999, not 0.9990000128746033.
  if (typeof value === 'number') value = Number(value.toPrecision(7));
  return [`@default ${typeof value === 'string' && !field.resolvedType ? JSON.stringify(value) : String(value)}`];
}

const { messages, enums } = declarationsOf(caffe);

let types = header;
for (const e of enums) {
  const name = identifier(e);
  types += `\n${comment(e.comment, '')}export const ${name} = {\n`;
  for (const [key, value] of Object.entries(e.values))
    types += comment(e.comments[key] ?? null, '  ') + `  ${key}: ${value},\n`;
  types += `} as const;\n${comment(e.comment, '')}export type ${name} = (typeof ${name})[keyof typeof ${name}];\n`;
}
for (const m of messages) {
  types += `\n${comment(m.comment, '')}export interface ${identifier(m)} {\n`;
  for (const f of m.fieldsArray) types += comment(f.comment, '  ', defaultNote(f)) + `  ${f.name}?: ${fieldType(f)};\n`;
  types += '}\n';
}
types +=
  '\n/** Every message of the schema by its name, for functions that take the name of a message type. */\nexport interface Messages {\n';
for (const m of messages) types += `  ${m.fullName.replace(/^\.caffe\./, '')}: ${identifier(m)};\n`;
types += '}\n\n/** Any message type name of the embedded schema. */\nexport type MessageName = keyof Messages;\n';

const definition = definitionOf(root);
const schemaJson = JSON.stringify(definition);
assert.deepEqual(JSON.parse(schemaJson), definition, 'caffe.proto has a default that JSON cannot hold');

mkdirSync(outDir, { recursive: true });
writeFileSync(new URL('messages.ts', outDir), types);
writeFileSync(
  new URL('schema.ts', outDir),
  `${header}\n/** caffe.proto as JSON: a SchemaDefinition. */\nexport const schemaJson =\n  ${JSON.stringify(schemaJson)};\n`,
);

const { LAYER_TABLE } = await import('../src/layers/table.js');
const layerHeader = '// Generated from caffe.proto and src/layers/ by scripts/generate-schema.ts. Do not edit.\n';
const layerTypes = byType(LAYER_TABLE);
writeFileSync(
  new URL('layers.ts', outDir),
  layerHeader + dslTypes(caffe, layerTypes, { identifier, scalarType, comment, defaultNote }),
);
writeFileSync(new URL('layer-types.ts', outDir), layerHeader + layerTypesModule(layerTypes));
console.log(`generated types of ${messages.length} messages, ${enums.length} enums and ${layerTypes.size} layers`);
