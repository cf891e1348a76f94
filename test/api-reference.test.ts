/**
 * The API reference: it has what the package exports and no more, every name has a docstring, and every function and class an
 * example, which is compiled and run here.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readApiReference } from '../scripts/api-reference.js';
import { withNames } from '../scripts/generate-library-docs.js';
import { programOf, typeErrors, writeExampleFiles, writePrograms } from './support/run-examples.js';

const root = path.join(import.meta.dirname, '..');
const { entries, warnings } = readApiReference();
const whole = entries.get('netspec')!;
const values = whole.filter(({ kind }) => kind !== 'type').map(({ name }) => name);
const examples = whole.flatMap(({ name, examples }) => examples.map((code) => ({ of: name, code })));

test('TypeDoc misses no docstring, no type of a signature and no target of a link', () => {
  expect(warnings).toEqual([]);
});

test.each([...entries])('%s exports what the reference has', async (entry, names) => {
  const file = entry === 'netspec' ? '../src/node.js' : `../src/node/exports/${entry.replace('netspec/', '')}.js`;
  const exported = Object.keys((await import(file)) as object).sort();
  expect(
    names
      .filter(({ kind }) => kind !== 'type')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(exported);
});

test('docs/library.md lists the public names; run npx tsx scripts/generate-library-docs.ts', () => {
  const page = readFileSync(path.join(root, 'docs/library.md'), 'utf8');
  expect(page).toBe(withNames(page, entries));
});

test('every public function and class has an example', () => {
  const without = whole.filter(
    ({ kind, examples }) => (kind === 'function' || kind === 'class') && examples.length === 0,
  );
  expect(without.map(({ name }) => name)).toEqual([]);
});

describe('examples', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'netspec-examples-'));
  const files = writePrograms(folder, examples, values);
  const before = process.cwd();

  beforeAll(async () => {
    await writeExampleFiles(folder);
    process.chdir(folder);
  });
  afterAll(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });

  test('compile', () => {
    expect(typeErrors(files)).toEqual([]);
  });

  test.each(examples.map(({ of }, i) => [of, files[i]!]))('%s', async (_, file) => {
    await import(file);
  });
});

describe('the runner', () => {
  const program = (code: string) => programOf({ of: 'x', code }, ['Net']);

  test('turns what is behind an arrow into a check', () => {
    expect(program('1 + 1; // → 2')).toContain('check(1 + 1, 2);');
    expect(program('{\n  a();\n  // → [1]\n}')).toContain('check(a(), [1]);');
  });

  test('refuses an arrow that is behind no expression', () => {
    expect(() => program('const a = 1; // → 1')).toThrow('1 values are not behind an expression');
  });

  test('imports the names that are used', () => {
    expect(program('Net; NetSpec;')).toContain("import { Net } from 'netspec';");
  });
});
