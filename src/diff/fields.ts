/** Field by field: where two messages of a type differ, as paths and values the way a prototxt writes them. */
import type { Field, MessageType } from '../proto/descriptor.js';
import { UNKNOWN_FIELDS, type WithUnknownFields } from '../proto/message.js';
import { isList } from '../proto/scalars.js';
import { ownSettingsOf } from '../proto/text/own-settings.js';

/** A field in which two layers differ. */
export interface FieldDifference {
  /** `convolution_param.num_output`; lists of messages are numbered: `param[1].lr_mult`. */
  path: string;
  /** As text; undefined where the field is absent. A default that is written is not the same as an absent field. */
  before?: string;
  after?: string;
}

type Message = Record<string, unknown> & WithUnknownFields;

/** What differs between two messages; numbers are equal when they are the same bits, but for the sign of 0. */
export function diffMessages(type: MessageType, before: object, after: object, path = ''): FieldDifference[] {
  const [a, b] = [before as Message, after as Message];
  const differences: FieldDifference[] = [];
  for (const field of type.fields) {
    const at = path ? `${path}.${field.name}` : field.name;
    const inner = field.messageType;
    const [x, y] = [a[field.name], b[field.name]];
    if (!inner) {
      const [was, is] = [textOf(field, x), textOf(field, y)];
      if (was !== is) differences.push(difference(at, was, is));
    } else if (field.repeated || Array.isArray(x) || Array.isArray(y)) {
      const [xs, ys] = [listOf(x), listOf(y)];
      for (let i = 0; i < Math.max(xs.length, ys.length); i++)
        differences.push(...diffOptional(inner, xs[i], ys[i], `${at}[${i}]`));
    } else differences.push(...diffOptional(inner, x as object | undefined, y as object | undefined, at));
  }
  const [mine, yours] = [ownSettingsOf(a), ownSettingsOf(b)];
  for (const name of new Set([...mine.keys(), ...yours.keys()])) {
    const [was, is] = [mine.get(name), yours.get(name)];
    if (was !== is)
      differences.push(difference(path ? `${path}.${name}` : name, oneLine(was, name), oneLine(is, name)));
  }
  if (!sameBytes(a[UNKNOWN_FIELDS], b[UNKNOWN_FIELDS]))
    differences.push(difference(path ? `${path} (unknown fields)` : 'unknown fields', bytesText(a), bytesText(b)));
  return differences;
}

/** Settings that no schema has, without their name. */
function oneLine(text: string | undefined, name: string): string | undefined {
  return text
    ?.slice(name.length)
    .replace(/^:/, '')
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}

function diffOptional(
  type: MessageType,
  before: object | undefined,
  after: object | undefined,
  path: string,
): FieldDifference[] {
  if (before && after) return diffMessages(type, before, after, path);
  if (!before && !after) return [];
  const inside = diffMessages(type, before ?? {}, after ?? {}, path);
  // A message that is there and empty is something else than none.
  return inside.length > 0 ? inside : [difference(path, before && '{}', after && '{}')];
}

function difference(path: string, before: string | undefined, after: string | undefined): FieldDifference {
  return { path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}

function listOf(value: unknown): object[] {
  return Array.isArray(value) ? (value as object[]) : value === undefined ? [] : [value as object];
}

/** A scalar, or a list of them, as text; an empty list is an absent one. */
function textOf(field: Field, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (!isList(value) || value instanceof Uint8Array) return scalarText(field, value);
  const list = Array.from(value, (each) => scalarText(field, each));
  return list.length === 0 ? undefined : list.length === 1 ? list[0] : `[${list.join(', ')}]`;
}

function scalarText(field: Field, value: unknown): string {
  if (field.enumType) return field.enumType.names.get(value as number) ?? String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  return value instanceof Uint8Array ? `${value.length} bytes` : String(value);
}

function sameBytes(a: readonly Uint8Array[] = [], b: readonly Uint8Array[] = []): boolean {
  return a.length === b.length && a.every((x, i) => x.length === b[i]!.length && x.every((v, j) => v === b[i]![j]));
}

function bytesText(message: WithUnknownFields): string | undefined {
  const fields = message[UNKNOWN_FIELDS];
  return fields && `${fields.reduce((sum, { length }) => sum + length, 0)} bytes`;
}
