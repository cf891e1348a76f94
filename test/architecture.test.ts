/**
 * The order of the folders of src/: who may import whom, types included. docs/architecture.md has the picture.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { IMPORT_ORDER, checkImports } from './support/import-order.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Never called: `jest --changedSince` learns from it that this test is about all of src/. */
export const everything = () => [import('../src/node.js'), import('../src/index.js'), import('../src/cli/process.js')];

/** Text of every TypeScript file of src/, by its path from the project's folder. */
function sources(): Map<string, string> {
  const names = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.ts')).map((name) => `src/${name.replaceAll('\\', '/')}`);
  return new Map(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
}

test('imports go downwards only, and in no circle', () => {
  expect(checkImports(sources())).toEqual([]);
});

test('every folder in the order exists, or has a place kept for it', () => {
  const folders = new Set([...sources().keys()].map((file) => file.split('/')[1]!.replace(/\.ts$/, '')));
  // Not written yet.
  const missing = IMPORT_ORDER.filter((name) => !folders.has(name) && !['onnx', 'lint'].includes(name));
  expect(missing).toEqual([]);
});

describe('the checker', () => {
  const check = (files: Record<string, string>): string[] => checkImports(new Map(Object.entries(files)));

  test.each([
    ['a statement', `import { a } from '../verify/a.js';`],
    ['a side effect', `import '../verify/a.js';`],
    ['a type', `import type { A } from '../verify/a.js';`],
    ['an inline type', `import { type A } from '../verify/a.js';`],
    ['an export', `export { a } from '../verify/a.js';`],
    ['an export of all', `export * from '../verify/a.js';`],
    ['an export of types', `export type { A } from '../verify/a.js';`],
    ['a dynamic import', `export const load = async () => (await import('../verify/a.js')).a;`],
    ['a dynamic import of a template', 'export const load = () => import(`../verify/a.js`);'],
    ['a type where it is used', `export let a: import('../verify/a.js').A;`],
    ['require', `const a = require('../verify/a.js');`],
    ['import = require', `import a = require('../verify/a.js');`],
  ])('finds an upward import by %s', (_, text) => {
    expect(check({ 'src/proto/b.ts': text, 'src/verify/a.ts': '' })).toEqual([
      `src/proto/b.ts -> src/verify/a.ts: 'proto' comes before 'verify'`,
    ]);
  });

  test('lets imports go down and sideways, and takes no text for an import', () => {
    expect(
      check({
        'src/verify/a.ts': `import '../proto/b.js'; import './c.js'; import yargs from 'yargs';`,
        'src/verify/c.ts': `/** import '../cli/d.js' */ export const text = "import '../cli/d.js'";`,
        'src/proto/b.ts': `import '../errors.js';`,
        'src/errors.ts': '',
        'src/cli/d.ts': `import { readFileSync } from 'node:fs'; import '../verify/a.js';`,
      }),
    ).toEqual([]);
  });

  test('prints the way of a circle, between folders and inside one', () => {
    expect(
      check({
        'src/proto/a.ts': `import './text/b.js';`,
        'src/proto/text/b.ts': `import type { C } from '../c.js';`,
        'src/proto/c.ts': `export * from './a.js';`,
        'src/proto/d.ts': `import './a.js';`,
      }),
    ).toEqual(['circle: src/proto/a.ts -> src/proto/text/b.ts -> src/proto/c.ts -> src/proto/a.ts']);
    expect(check({ 'src/proto/a.ts': `import './a.js';` })).toEqual(['circle: src/proto/a.ts -> src/proto/a.ts']);
  });

  test("finds Node's modules outside src/node and src/cli, with and without node:", () => {
    expect(
      check({
        'src/weights/a.ts': `import fs from 'fs'; import { Worker } from 'node:worker_threads';`,
        'src/weights/b.ts': `export const read = async () => (await import('fs/promises')).readFile;`,
        'src/node/c.ts': `import fs from 'node:fs';`,
      }),
    ).toEqual([
      'src/weights/a.ts -> fs: only src/node and src/cli may',
      'src/weights/a.ts -> node:worker_threads: only src/node and src/cli may',
      'src/weights/b.ts -> fs/promises: only src/node and src/cli may',
    ]);
  });

  test('finds a file that is not there, a folder that has no place, and an import that cannot be read', () => {
    expect(
      check({
        'src/proto/a.ts': `import './gone.js';`,
        'src/extra/b.ts': '',
        'src/proto/c.ts': 'export const load = (name: string) => import(name);',
      }),
    ).toEqual([
      'src/proto/a.ts -> src/proto/gone.ts: there is no such file',
      `src/extra/b.ts: the folder 'extra' has no place in the order`,
      'src/proto/c.ts: imports what is known only at run time',
    ]);
  });

  test('counts a generated file as part of the folder it is generated for', () => {
    expect(
      check({
        'src/generated/layers.ts': `import '../netspec/top.js';`,
        'src/generated/messages.ts': `import '../proto/wire.js';`,
        'src/netspec/top.ts': '',
        'src/proto/wire.ts': `import '../generated/layers.js';`,
      }),
    ).toEqual([
      `src/generated/messages.ts -> src/proto/wire.ts: 'generated' comes before 'proto'`,
      `src/proto/wire.ts -> src/generated/layers.ts: 'proto' comes before 'netspec'`,
    ]);
  });
});
