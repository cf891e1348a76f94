/** Options as data: the types that tables stand for, names in code and on the command line, and what is not given. */
import { describe, expect, test } from '@jest/globals';
import { defaultOf, optionKey, optionName, options, signature, type ValuesOf } from '../../src/cli/shared/options.js';

const TABLE = options({
  net: { type: 'string', required: true, describe: '' },
  output: { type: 'string', describe: '' },
  dryRun: { type: 'boolean', describe: '' },
  strict: { type: 'boolean', default: true, describe: '' },
  seed: { type: 'number', default: 0, describe: '' },
  threads: { type: 'number', describe: '' },
  phase: { type: 'string', choices: ['TEST', 'TRAIN'], default: 'TEST', describe: '' },
  by: { type: 'string', choices: ['layer', 'type'], describe: '' },
  stage: { type: 'string', array: true, describe: '' },
  only: { type: 'string', choices: ['a', 'b'], array: true, describe: '' },
  against: { type: 'string', words: 2, describe: '' },
});

interface Expected {
  net: string;
  output?: string;
  dryRun: boolean;
  strict: boolean;
  seed: number;
  threads?: number;
  phase: 'TEST' | 'TRAIN';
  by?: 'layer' | 'type';
  stage: string[];
  only: ('a' | 'b')[];
  against?: string[];
}

type Values = ValuesOf<typeof TABLE>;
/** Each holds all that the other does; that optional is not merely undefined shows in the keys that may be left out. */
type Same<A, B> = [A, B] extends [B, A]
  ? [Required<A>, Required<B>] extends [Required<B>, Required<A>]
    ? true
    : false
  : false;

test('a table has the types of its values', () => {
  // The type checker refuses these lines when they differ.
  const same: Same<Values, Expected> = true;
  const least: Values = { net: '', dryRun: true, strict: true, seed: 0, phase: 'TEST', stage: [], only: [] };
  expect([same, Object.keys(least).length]).toEqual([true, 7]);
});

test('values of options that are not given', () => {
  const values = Object.fromEntries(Object.entries(TABLE).map(([key, spec]) => [key, defaultOf(spec)]));
  expect(values).toEqual({ dryRun: false, strict: true, seed: 0, phase: 'TEST', stage: [], only: [] });
  expect(defaultOf({ type: 'boolean', default: undefined, describe: '' })).toBe(undefined);
});

test('names in code are camelCase, on the command line kebab-case', () => {
  expect(['topPerLevel', 'net', 'allBlobs'].map(optionName)).toEqual(['top-per-level', 'net', 'all-blobs']);
  expect(['top-per-level', 'net', 'all-blobs'].map(optionKey)).toEqual(['topPerLevel', 'net', 'allBlobs']);
});

describe('signature', () => {
  test.each([
    [{}, 'x'],
    [
      { input: { type: 'string', required: true, describe: '' }, output: { type: 'string', describe: '' } },
      'x <input> [output]',
    ],
    [{ image: { type: 'string', array: true, required: true, describe: '' } }, 'x <image..>'],
  ] as const)('%j', (positionals, expected) => {
    expect(signature('x', positionals)).toBe(expected);
  });
});
