/**
 * The bundled command line, as `npm run build` leaves it and users run it: what only a bundle can break. The packages and files
 * that it loads by themselves are reached with V8's code from the build, and without.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { fixture, netspec, temporaryFolder } from './support.js';

const root = path.join(import.meta.dirname, '..', '..');
const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);

/** The package as it is installed elsewhere: without the code that was compiled for this machine. */
const installed = at('installed');
mkdirSync(installed);
for (const name of ['package.json', 'dist'])
  cpSync(path.join(root, name), path.join(installed, name), { recursive: true });
symlinkSync(path.join(root, 'node_modules'), path.join(installed, 'node_modules'));
const commandLine = path.join(installed, 'dist', 'cli');
const kept = readdirSync(commandLine).filter((name) => name.endsWith('.cache'));
for (const name of kept) rmSync(path.join(commandLine, name));

/** Runs the command line of a package, with options for V8. */
function runIn(where: string, words: readonly string[], v8: readonly string[] = []) {
  const main = path.join(where, 'dist', 'cli', 'main.js');
  // Not in this repository, whose tsconfig.json has 'netspec' mean the sources.
  const { status, stdout, stderr } = spawnSync(process.execPath, [...v8, main, ...words], {
    encoding: 'utf8',
    cwd: folder,
  });
  return { code: status, stdout, stderr };
}

test('code is kept for this version of Node', () => {
  const version = `${process.version}-${process.arch}`;
  expect(kept).toEqual([`netspec.${version}.cache`, `quick.${version}.cache`]);
});

describe.each([
  ['with its code', root],
  ['without', installed],
])('%s', (_, where) => {
  const run = (...words: string[]) => runIn(where, words);

  test('prints what the sources print', async () => {
    expect(run('build', 'detection-v2')).toEqual(await netspec('build', 'detection-v2'));
    expect(run('build', 'detection-v3')).toEqual(await netspec('build', 'detection-v3'));
    expect(run('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('imports modules of the user', () => {
    const module = at('net.mjs');
    writeFileSync(module, 'export default { layer: [{ name: "data", type: "Input", top: ["data"] }] };\n');
    expect(run('build', module)).toMatchObject({ code: 0, stderr: '' });
    expect(run('build', path.join(root, 'examples', 'lenet.ts'))).toMatchObject({ code: 0, stderr: '' });
  });

  test('finds the packages that are not in it', () => {
    const net = at('net.prototxt');
    expect(run('build', path.join(root, 'examples', 'lenet.ts'), '-o', net).code).toBe(0);
    expect(run('draw', net, '-o', at('net.svg'))).toMatchObject({ code: 0, stderr: '' });
    const picture = fixture('images', 'astronaut_gray.jpg');
    expect(run('preprocess', picture, '-o', at('x.npy'))).toMatchObject({ code: 0, stderr: '' });
  });

  test('an option of V8 that its code was not compiled for', () => {
    const { code, stdout } = runIn(where, ['list'], ['--max-lazy']);
    expect({ code, names: stdout.includes('detection-v2') }).toEqual({ code: 0, names: true });
  });
});

test("protobufjs is loaded for a vendor's schema only", () => {
  // A copy in which loading it fails.
  const broken = at('broken');
  cpSync(installed, broken, { recursive: true });
  for (const name of ['netspec.cjs', 'quick.cjs']) {
    const bundle = path.join(broken, 'dist', 'cli', name);
    const start = /"[^"]*node_modules\/protobufjs\/index\.js"\(\w+,\s?\w+\)\s?\{/;
    const text = readFileSync(bundle, 'latin1');
    expect(text).toMatch(start);
    writeFileSync(bundle, text.replace(start, '$& throw new Error("protobufjs is loaded");'), 'latin1');
  }
  const run = (...words: string[]) => runIn(broken, words);

  const net = at('plain.prototxt');
  const built = run('build', 'lenet', '-o', net);
  expect(built).toMatchObject({ code: 0, stderr: '' });
  for (const words of [
    ['inspect', net],
    ['convert', net, at('plain.pb')],
    ['diff', net, at('plain.pb')],
    ['draw', net, '-o', at('plain.svg')],
  ])
    expect(run(...words)).toMatchObject({ code: 0 });
  expect(run('inspect', net, '--proto', path.join(root, 'caffe.proto')).stderr).toContain('protobufjs is loaded');
});
