/**
 * Checks of what public functions are called with. TypeScript finds such mistakes before a program runs; scripts without types
 * are told of them in words that name the argument, where otherwise they would get an error from the inside of netspec.
 */
import { NetspecError } from './errors.js';

/** What an argument may be. */
export interface ArgumentKind {
  /** `a text`: what messages say was expected. */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const has = (value: unknown, ...methods: readonly string[]): boolean =>
  isObject(value) && methods.every((method) => typeof value[method] === 'function');

/** Also for objects of another realm, such as another window's. */
const isKind = (value: unknown, kind: string): boolean => Object.prototype.toString.call(value) === `[object ${kind}]`;

export const TEXT: ArgumentKind = { expected: 'a text', accepts: (value) => typeof value === 'string' };
export const BYTES: ArgumentKind = { expected: 'a Uint8Array', accepts: (value) => isKind(value, 'Uint8Array') };
export const LIST: ArgumentKind = { expected: 'an array', accepts: Array.isArray };
export const OBJECT: ArgumentKind = { expected: 'an object', accepts: isObject };
export const FUNCTION: ArgumentKind = { expected: 'a function', accepts: (value) => typeof value === 'function' };
export const MESSAGE: ArgumentKind = { expected: 'a message, such as parsePrototxt() gives', accepts: isObject };
export const OPTIONS: ArgumentKind = {
  expected: 'an object of options',
  accepts: (value) => value === undefined || isObject(value),
};
export const SCHEMA: ArgumentKind = {
  expected: 'a Schema, such as forkSchema() gives',
  accepts: (value) => value === undefined || has(value, 'message'),
};
export const NET: ArgumentKind = {
  expected: 'a Net, such as Net.load() gives',
  accepts: (value) => has(value, 'forward', 'reshape'),
};
export const NUMBER: ArgumentKind = { expected: 'a number', accepts: (value) => typeof value === 'number' };
export const FLOATS: ArgumentKind = { expected: 'a Float32Array', accepts: (value) => isKind(value, 'Float32Array') };
export const READER: ArgumentKind = {
  expected: 'a CaffemodelReader, such as CaffemodelReader.open() gives',
  accepts: (value) => isObject(value) && Array.isArray(value.layers),
};
export const REPORT: ArgumentKind = {
  expected: 'a report, such as verify() gives',
  accepts: (value) => isObject(value) && Array.isArray(value.layers) && Array.isArray(value.causes),
};
export const IMAGE: ArgumentKind = {
  expected: 'an image { width, height, data }',
  accepts: (value) =>
    isObject(value) &&
    typeof value.width === 'number' &&
    typeof value.height === 'number' &&
    ArrayBuffer.isView(value.data),
};

/** An object with these fields, each of its kind. */
export function fields(expected: string, kinds: Readonly<Record<string, ArgumentKind>>): ArgumentKind {
  return {
    expected,
    accepts: (value) => isObject(value) && Object.entries(kinds).every(([name, kind]) => kind.accepts(value[name])),
  };
}

/**
 * Checks the arguments of a call.
 * @param call the function as users know it: `lint()`
 * @param args each argument with what it may be
 * @throws NetspecError for the first that is not what it may be: `lint(): options: expected an object of options, got null`.
 */
export function checkArguments(call: string, args: Readonly<Record<string, readonly [unknown, ArgumentKind]>>): void {
  for (const [name, [value, kind]] of Object.entries(args))
    if (!kind.accepts(value))
      throw new NetspecError(`${call}: ${name}: expected ${kind.expected}, got ${nameOfValue(value)}`);
}

/** A value as an error names it: short, whatever it holds. */
export function nameOfValue(value: unknown): string {
  if (typeof value === 'string') return value.length > 40 ? `'${value.slice(0, 40)}…'` : `'${value}'`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value !== 'object' || value === null) return String(value);
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor?.name;
  if (typeof name !== 'string' || name === '' || name === 'Object') {
    const keys = Object.keys(value);
    return keys.length === 0 ? 'an empty object' : `an object with ${keys.slice(0, 5).join(', ')}`;
  }
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}
