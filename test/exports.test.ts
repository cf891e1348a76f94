/** The entries of the package: the whole and its subpaths, for Node and for browsers. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import * as whole from '../src/node.js';

const root = path.join(import.meta.dirname, '..');
const { exports } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string | Record<'types' | 'node' | 'default', string>>;
};
const entries = Object.entries(exports).flatMap(([name, files]) => (typeof files === 'string' ? [] : { name, files }));
const subpaths = entries.filter(({ name }) => name !== '.');

/** The source of a built file: `./dist/node/exports/onnx.js` is made of `src/node/exports/onnx.ts`. */
const sourceOf = (built: string) => built.replace('./dist/', 'src/').replace(/(\.d\.ts|\.js)$/, '.ts');
const namesOf = async (built: string) => Object.keys((await import(path.join(root, sourceOf(built)))) as object).sort();

test('each file of src/node/exports is a subpath, and the other way round', () => {
  const files = readdirSync(path.join(root, 'src/node/exports')).map((name) => `./${name.replace(/\.ts$/, '')}`);
  expect(subpaths.map(({ name }) => name).sort()).toEqual(files.sort());
  for (const { name, files } of subpaths) {
    expect(sourceOf(files.node)).toBe(`src/node/exports/${name.slice(2)}.ts`);
    expect(sourceOf(files.types)).toBe(sourceOf(files.node));
  }
});

test.each(subpaths)(
  '$name: a browser gets what Node gets, paths aside, and all of it is in the whole',
  async (entry) => {
    const inNode = await namesOf(entry.files.node);
    const inBrowser = await namesOf(entry.files.default);
    expect(inNode).toEqual(expect.arrayContaining(inBrowser));
    expect(Object.keys(whole)).toEqual(expect.arrayContaining(inNode));
    const paths = ['readText', 'openFile', 'writeFileAtomically', 'openWeights', 'loadNameMap'];
    const files = ['referencesFromOnnx', 'readNpyFile', 'writeNpyFile', 'readImage', 'writeImage'];
    expect([...paths, ...files]).toEqual(expect.arrayContaining(inNode.filter((name) => !inBrowser.includes(name))));
  },
);

test('names that programs rely on are in the whole', () => {
  const promised = [
    ...['NetSpec', 'L', 'P', 'Top', 'toProto', 'formatProgram', 'parsePrototxt', 'formatPrototxt'],
    ...['encodeNet', 'decodeNet', 'Net', 'Blob', 'Layer', 'registerLayer', 'forkSchema', 'Schema', 'importOnnx'],
    ...['openWeights', 'packWeights', 'nameMap', 'verify', 'htmlReport', 'Detector', 'Classifier', 'NetspecError'],
  ];
  expect(Object.keys(whole)).toEqual(expect.arrayContaining(promised));
});

describe('for browsers', () => {
  // Node's modules would be errors: there is nothing to resolve them to.
  test.each(entries)('$name can be bundled', async ({ files }) => {
    const { errors, outputFiles } = await build({
      entryPoints: [path.join(root, sourceOf(files.default))],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      // A bundle already: there is nothing of Node in it.
      external: ['elkjs'],
      logLevel: 'silent',
    });
    expect(errors).toEqual([]);
    expect(outputFiles[0]!.text).toMatch(/export \{/);
  });
});

test('Node finds each entry of the built package by its name', async () => {
  const specifiers = entries.map(({ name }) => name.replace('.', 'netspec'));
  const program = `
    const names = {};
    for (const entry of ${JSON.stringify(specifiers)}) names[entry] = Object.keys(await import(entry)).sort();
    console.log(JSON.stringify(names));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
  });
  const expected = await Promise.all(entries.map(({ files }) => namesOf(files.node)));
  expect(JSON.parse(output)).toEqual(Object.fromEntries(specifiers.map((name, i) => [name, expected[i]])));
});
