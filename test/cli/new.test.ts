/** netspec new: the project that it makes type-checks, builds and passes its own test; and build --watch. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { netspec, programWords, temporaryFolder } from './support.js';

const all = temporaryFolder();
const root = path.join(import.meta.dirname, '..', '..');

/** Runs a program in the project, which finds this package and its tools. */
function run(folder: string, words: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

/** What npm install would do: the packages that the project names, from here. */
function install(folder: string): void {
  mkdirSync(path.join(folder, 'node_modules'));
  const names = readdirSync(path.join(root, 'node_modules')).filter((name) => !name.startsWith('.'));
  for (const name of names) symlinkSync(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name));
  symlinkSync(root, path.join(folder, 'node_modules', 'netspec'));
}

test('makes a project that type-checks, builds, and passes its test', async () => {
  const folder = path.join(all, 'my-net');
  const { code, stdout, stderr } = await netspec('new', folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe(
    `wrote package.json, tsconfig.json, net.ts, net.test.ts to ${folder}\n` +
      `next: cd ${folder} && npm install && npm test && npx netspec build net.ts\n`,
  );
  // The netspec that runs here is a checkout.
  const packageOf = (at: string) =>
    JSON.parse(readFileSync(path.join(at, 'package.json'), 'utf8')) as { dependencies: object };
  expect(packageOf(folder).dependencies).toEqual({ netspec: `file:${path.relative(folder, root)}` });
  const other = path.join(all, 'other-net');
  expect(await netspec('new', other, '--netspec', 'file:../netspec-0.1.0.tgz')).toMatchObject({ code: 0 });
  expect(packageOf(other).dependencies).toEqual({ netspec: 'file:../netspec-0.1.0.tgz' });
  install(folder);
  expect(run(folder, [path.join(root, 'node_modules/typescript/bin/tsc')])).toEqual({ status: 0, output: '' });
  expect(run(folder, ['--import', 'tsx', '--test', 'net.test.ts'])).toEqual({
    status: 0,
    output: expect.stringContaining('pass 2') as unknown,
  });
  const built = spawnSync(process.execPath, programWords('build', 'net.ts'), { encoding: 'utf8', cwd: folder });
  expect(built.stdout).toContain('name: "conv3"');
}, 60_000);

test('writes over nothing, and takes no name that npm would refuse', async () => {
  mkdirSync(path.join(all, 'there'));
  expect(await netspec('new', path.join(all, 'there'))).toMatchObject({
    code: 2,
    stderr: `netspec: ${path.join(all, 'there')} is there already\nhint: nothing was written; choose another name\n`,
  });
  expect(await netspec('new', path.join(all, 'My Net'))).toMatchObject({
    code: 2,
    stderr:
      "netspec: 'My Net' is no name for a package\nhint: use lower-case letters, digits, and - . _ between them\n",
  });
});

test('build --watch builds again after a change', async () => {
  const folder = path.join(all, 'watched');
  mkdirSync(folder);
  const [file, output] = [path.join(folder, 'net.mjs'), path.join(folder, 'net.prototxt')];
  const write = (name: string): void => {
    writeFileSync(file, `export default { name: '${name}', layer: [] };\n`);
  };
  write('first');
  const child = spawn(process.execPath, programWords('build', file, '-o', output, '--watch'), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const nextBuild = (): Promise<void> =>
    new Promise((resolve) => {
      child.stdout.once('data', () => {
        resolve();
      });
    });
  try {
    await nextBuild();
    expect(readFileSync(output, 'utf8')).toBe('name: "first"\n');
    write('second');
    await nextBuild();
    expect(readFileSync(output, 'utf8')).toBe('name: "second"\n');
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  }
}, 60_000);

test('--watch is for modules', async () => {
  const { code, stderr } = await netspec('build', 'lenet', '--watch');
  expect(code).toBe(2);
  expect(stderr).toContain('--watch is for modules: FILE.ts');
});
