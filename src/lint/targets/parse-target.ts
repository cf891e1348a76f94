/** parse-target: a target of the user's own, out of JSON. */
import { NetspecError } from '../../errors.js';
import { MEASURES } from './measures.js';
import type { Target } from './target.js';

/**
 * Reads a target's JSON, of the form that docs/targets.md describes.
 * @throws NetspecError for text that is no JSON, and for fields that are missing, unknown or of another type
 */
export function parseTarget(json: string, file: string): Target {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new NetspecError(`no JSON: ${(error as Error).message}`, { file });
  }
  const problem = problemOf(value);
  if (problem !== undefined)
    throw new NetspecError(`no target: ${problem}`, { file, hint: 'docs/targets.md describes the fields of a target' });
  return value as Target;
}

type Check = (value: unknown, path: string) => string | undefined;

const string: Check = (value, path) => (typeof value === 'string' ? undefined : `${path} must be a string`);
const number: Check = (value, path) => (typeof value === 'number' ? undefined : `${path} must be a number`);
const boolean: Check = (value, path) => (typeof value === 'boolean' ? undefined : `${path} must be true or false`);
const scalar: Check = (value, path) =>
  ['string', 'number', 'boolean'].includes(typeof value)
    ? undefined
    : `${path} must be a string, a number or a truth value`;
const list =
  (of: Check): Check =>
  (value, path) =>
    Array.isArray(value) ? first(value.map((each, i) => of(each, `${path}[${i}]`))) : `${path} must be a list`;
const record =
  (of: Check): Check =>
  (value, path) =>
    isObject(value)
      ? first(Object.entries(value).map(([key, each]) => of(each, `${path}.${key}`)))
      : `${path} must be an object`;
const oneOf =
  (names: readonly string[]): Check =>
  (value, path) =>
    typeof value === 'string' && names.includes(value) ? undefined : `${path} must be one of ${names.join(', ')}`;

/** An object with some fields that must be there, some that may, and no others. */
function object(required: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}): Check {
  const checks = { ...required, ...optional };
  return (value, path) => {
    const prefix = path === '' ? '' : `${path}.`;
    if (!isObject(value)) return `${path === '' ? 'it' : path} must be an object`;
    const missing = Object.keys(required).find((key) => !Object.hasOwn(value, key));
    if (missing !== undefined) return `${prefix}${missing} is missing`;
    return first(
      Object.entries(value).map(([key, each]) =>
        Object.hasOwn(checks, key) ? checks[key]!(each, prefix + key) : `${prefix}${key} is no field`,
      ),
    );
  };
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const first = (problems: readonly (string | undefined)[]): string | undefined =>
  problems.find((each) => each !== undefined);

const measureName = oneOf(Object.keys(MEASURES));
const TARGET = object(
  { name: string, title: string, sources: record(string) },
  {
    isLegacy: boolean,
    layers: object(
      { source: string },
      {
        only: list(string),
        beyondBvlc: list(string),
        without: list(string),
        ambiguous: record(string),
        instead: record(string),
      },
    ),
    todaysFormat: object({ source: string }),
    unknownFields: object({ source: string, fields: list(string) }, { example: string }),
    extraFields: object({ source: string, fields: list(string) }),
    limits: list(
      object(
        { measure: measureName, source: string },
        {
          types: list(string),
          when: object({ measure: measureName, is: scalar }),
          is: scalar,
          oneOf: list(scalar),
          min: number,
          max: number,
          multipleOf: number,
          atMost: object({ measure: measureName }, { times: number, plus: number }),
          hint: string,
          severity: oneOf(['error', 'warning']),
          example: string,
        },
      ),
    ),
  },
);

function problemOf(value: unknown): string | undefined {
  return TARGET(value, '') ?? unstatedSource(value as Target);
}

function unstatedSource({
  sources,
  layers,
  todaysFormat,
  unknownFields,
  extraFields,
  limits = [],
}: Target): string | undefined {
  const unknown = [layers, todaysFormat, unknownFields, extraFields, ...limits].find(
    (fact) => fact && !Object.hasOwn(sources, fact.source),
  );
  return unknown && `sources has no '${unknown.source}'`;
}
