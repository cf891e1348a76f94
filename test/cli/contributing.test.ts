/** CONTRIBUTING's recipe for a command, followed to the letter in a copy of the command line. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { fixture, temporaryFolder } from './support.js';

const root = path.join(import.meta.dirname, '..', '..');
const recipe = readFileSync(path.join(root, 'CONTRIBUTING.md'), 'utf8')
  .split(/^## /m)
  .find((text) => text.startsWith('Adding a command'))!;
const [command, row, testFile] = [...recipe.matchAll(/^ {3}```ts\n([^]*?)^ {3}```$/gm)].map(([, code]) =>
  code!.replaceAll(/^ {3}/gm, ''),
);

const copy = temporaryFolder();

test('the recipe adds a command', () => {
  const at = (...parts: string[]) => path.join(copy, ...parts);
  mkdirSync(at('src'));
  for (const name of ['package.json', 'node_modules', 'tsconfig.json']) symlinkSync(path.join(root, name), at(name));
  for (const name of readdirSync(path.join(root, 'src')))
    if (name === 'cli') cpSync(path.join(root, 'src/cli'), at('src/cli'), { recursive: true });
    else symlinkSync(path.join(root, 'src', name), at('src', name));
  writeFileSync(at('src/cli/commands/shapes.ts'), command!);
  const table = readFileSync(at('src/cli/commands/index.ts'), 'utf8');
  writeFileSync(at('src/cli/commands/index.ts'), table.replace('COMMANDS = {\n', `$&  ${row!}`));
  writeFileSync(at('program.ts'), "import { main } from './src/cli/process.js';\nawait main(process.argv.slice(2));\n");

  const run = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', at('program.ts'), ...words], {
      cwd: root,
      encoding: 'utf8',
    });
    return { code: status, stdout, stderr };
  };
  expect(run('--help').stdout).toContain('netspec shapes <net>');
  expect(run('shapes', '--help').stdout).toContain('netspec shapes net.prototxt --only conv1');
  // What the recipe's own test asserts.
  const [, expected] = /toEqual\((.*)\);/.exec(testFile!)!;
  expect(expected).toBe("{ code: 0, stdout: 't0: 4x4x3x3 4\\n', stderr: '' }");
  expect(run('shapes', fixture('nets', 'shared_params', 'net.prototxt'), '--only', 't0')).toEqual({
    code: 0,
    stdout: 't0: 4x4x3x3 4\n',
    stderr: '',
  });
});
