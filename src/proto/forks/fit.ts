/** Whether a net can be of a schema: each of its fields is there, may come so often, and may have such values. */
import type { FieldDefinition, SchemaDefinition } from '../descriptor.js';
import { INTEGER_RANGES } from '../scalars.js';
import type { Evidence, FieldEvidence, ScalarEvidence } from './evidence.js';

/** The fields of a message type by name. */
const indices = new WeakMap<readonly FieldDefinition[], ReadonlyMap<string, FieldDefinition>>();

/** A field of a message type; undefined where it, or the type, is not there. */
export function fieldNamed({ messages }: SchemaDefinition, type: string, name: string): FieldDefinition | undefined {
  const fields = messages[type];
  if (!fields) return undefined;
  let index = indices.get(fields);
  if (!index) indices.set(fields, (index = new Map(fields.map((field) => [field.name, field]))));
  return index.get(name);
}

/** How many of the fields that messages of a type have do not fit the schema; those inside a field that does not are not counted. */
export function countMisfits(definition: SchemaDefinition, type: string, evidence: Evidence): number {
  let misfits = 0;
  for (const [name, field] of evidence.fields) {
    const declared = fieldNamed(definition, type, name);
    if (!declared || !accepts(definition, declared, field)) misfits++;
    else if (field.inner) misfits += countMisfits(definition, declared.type!, field.inner);
  }
  for (const { name, label } of definition.messages[type] ?? [])
    if (label === 'required' && (evidence.fields.get(name)?.present ?? 0) < evidence.count) misfits++;
  return misfits;
}

/** Whether messages have a field, or a word for an enum's value, that the schema lacks. */
export function lacksSome(definition: SchemaDefinition, type: string, evidence: Evidence): boolean {
  for (const [name, { inner, scalars }] of evidence.fields) {
    const declared = fieldNamed(definition, type, name);
    if (!declared) return true;
    if (declared.kind === 'enum') {
      const values = definition.enums[declared.type!] ?? {};
      if ([...(scalars?.words ?? [])].some((word) => !Object.hasOwn(values, word))) return true;
    }
    if (inner && declared.kind === 'message' && lacksSome(definition, declared.type!, inner)) return true;
  }
  return false;
}

/** Whether a field comes several times in one message where the schema has it once. */
export function repeatsSome(definition: SchemaDefinition, type: string, evidence: Evidence): boolean {
  return [...evidence.fields].some(([name, { most, inner }]) => {
    const declared = fieldNamed(definition, type, name);
    if (!declared) return false;
    if (declared.label !== 'repeated' && most > 1) return true;
    return inner !== undefined && declared.kind === 'message' && repeatsSome(definition, declared.type!, inner);
  });
}

/** Whether a field may have these values, leaving aside what is inside messages. */
export function accepts(definition: SchemaDefinition, declared: FieldDefinition, field: FieldEvidence): boolean {
  if (declared.label !== 'repeated' && field.most > 1) return false;
  if (declared.kind === 'message') return !field.scalars;
  return !field.inner && (!field.scalars || acceptsScalars(definition, declared, field.scalars));
}

const BOOLEANS = new Set(['true', 'True', 't', 'false', 'False', 'f']);

function acceptsScalars(
  { enums }: SchemaDefinition,
  { kind, type }: FieldDefinition,
  scalars: ScalarEvidence,
): boolean {
  const { words, least, greatest, fractions, radix, strings, bytes, texts } = scalars;
  const hasIntegers = least <= greatest;
  const numbers = hasIntegers || fractions;
  const text = strings || texts.size > 0;
  switch (kind) {
    case 'string':
    case 'bytes':
      return words.size === 0 && !numbers && (kind === 'bytes' || !bytes);
    case 'bool':
      return !fractions && !text && !bytes && isWithin(scalars, 0, 1) && [...words].every((word) => BOOLEANS.has(word));
    case 'float':
    case 'double':
      return words.size === 0 && !text && !bytes && !radix;
    case 'enum': {
      const values = enums[type!] ?? {};
      if (fractions || strings || bytes || ![...words, ...texts].every((word) => Object.hasOwn(values, word)))
        return false;
      if (!hasIntegers) return true;
      const declared = Object.values(values);
      return isWithin(scalars, Math.min(...declared), Math.max(...declared));
    }
    default: {
      const [min, max] = INTEGER_RANGES[kind]!;
      return words.size === 0 && !fractions && !text && !bytes && isWithin(scalars, min, max);
    }
  }
}

function isWithin({ least, greatest }: ScalarEvidence, min: number, max: number): boolean {
  return least > greatest || (least >= min && greatest <= max);
}
