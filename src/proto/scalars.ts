/**
 * What a scalar field may hold, and how an error speaks of a value that it may not: for writing bytes, for printing text,
 * and for the fields that a user gives.
 */
import type { EnumType } from './descriptor.js';

const INT32 = [-(2 ** 31), 2 ** 31 - 1] as const;
const UINT32 = [0, 2 ** 32 - 1] as const;
// Of 64 bits, what a JS number holds exactly.
const INT64 = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] as const;
const UINT64 = [0, Number.MAX_SAFE_INTEGER] as const;

/** Least and greatest value of each integer type. */
export const INTEGER_RANGES: Readonly<Record<string, readonly [number, number]>> = {
  int32: INT32,
  sint32: INT32,
  sfixed32: INT32,
  uint32: UINT32,
  fixed32: UINT32,
  int64: INT64,
  sint64: INT64,
  sfixed64: INT64,
  uint64: UINT64,
  fixed64: UINT64,
};

/** Whether a value can stand for a repeated field: an array or a typed array. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** A value as an error shows it. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 60)}…` : value}'`;
  if (Array.isArray(value)) return 'a list';
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function') return 'a function';
  return String(value);
}

/** What is wrong with a value of an enum field: the names there are, and the number of a name that was given as one. */
export function enumMismatch(type: EnumType, value: unknown): { reason: string; hint: string | undefined } {
  const known = Object.entries(type.values).map(([name, number]) => `${name} = ${number}`);
  const number = typeof value === 'string' && Object.hasOwn(type.values, value) ? type.values[value] : undefined;
  return {
    reason: `expected a ${type.simpleName} (${known.join(', ')}), got ${describeValue(value)}`,
    hint: number === undefined ? undefined : `enums are numbers here: ${number} for ${value as string}`,
  };
}
