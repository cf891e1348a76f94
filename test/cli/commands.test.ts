/**
 * The table of commands and what is made of it: each file has its row, README lists what there is, each help names all
 * options, and nobody keeps a list of commands besides.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { withCommandTable } from '../../scripts/generate-readme.js';
import { COMMANDS, isCommand, loadCommand, loadCommands } from '../../src/cli/commands/index.js';
import type { Command } from '../../src/cli/shared/command.js';
import { defaultOf, optionName, signature } from '../../src/cli/shared/options.js';
import { netspec } from './support.js';

const root = path.join(import.meta.dirname, '..', '..');
const NAMES = Object.keys(COMMANDS);
const load = (name: string): Promise<Command> => {
  if (!isCommand(name)) throw new Error(name);
  return loadCommand(name);
};

test('each file of src/cli/commands/ has its row', () => {
  const files = readdirSync(path.join(root, 'src/cli/commands')).filter((file) => file !== 'index.ts');
  expect(files.map((file) => path.basename(file, '.ts')).sort()).toEqual([...NAMES].sort());
});

test("README's list of commands is up to date; run npx tsx scripts/generate-readme.ts", async () => {
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  expect(readme).toBe(withCommandTable(readme, await loadCommands()));
});

test('there is no other list of commands', () => {
  const isMany = (file: string): boolean => {
    const text = readFileSync(path.join(root, file), 'utf8');
    const named = NAMES.filter((name) => new RegExp(`(['"\`])${name}\\1`).test(text));
    return named.length >= NAMES.length / 2;
  };
  const files = ['src', 'scripts'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => path.join(folder, file)),
  );
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter(isMany)).toEqual([]);
});

describe.each(NAMES)('%s', (name) => {
  test('has a help that names all its positionals and options', async () => {
    const command = await load(name);
    expect(command.name).toBe(name);
    const { code, stdout, stderr } = await netspec(name, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const usage = signature(name, command.positionals);
    expect(stdout).toMatch(new RegExp(`^netspec ${usage.replace(/[[\].]/g, '\\$&')}\n[^]*\nOptions:`));
    expect(unfold(stdout)).toContain(command.describe);
    for (const [key, { describe: words }] of Object.entries(command.positionals))
      expect(unfold(stdout)).toContain(`${optionName(key)} ${words}`);
    for (const [key, { alias, describe: words }] of Object.entries(command.options))
      expect(unfold(stdout)).toContain(`${alias ? `-${alias}, ` : ''}--${optionName(key)} ${words}`);
  });

  test('is described in data that help, README and completion can use', async () => {
    const { describe: words, usage, positionals, options } = await load(name);
    expect(words).toMatch(/^\S.*[^.\s]$/);
    expect(usage).not.toMatch(/^netspec|\n/);
    const aliases = Object.values(options).flatMap(({ alias }) => alias ?? []);
    expect(new Set(aliases).size).toBe(aliases.length);
    for (const [key, spec] of Object.entries({ ...positionals, ...options })) {
      expect({ key, alias: spec.alias ?? 'x' }).toEqual({
        key: expect.stringMatching(/^[a-z][a-zA-Z0-9]*$/),
        alias: expect.stringMatching(/^[a-z]$/),
      });
      // Of an option that is not given, run gets what its type says.
      const value = defaultOf(spec);
      if (spec.choices && value !== undefined) expect(spec.choices).toContain(value);
      if (value !== undefined && !spec.array) expect([key, typeof value]).toEqual([key, spec.type]);
      if (spec.required) expect([key, value]).toEqual([key, undefined]);
    }
    expect(Object.keys(positionals).filter((key) => key in options)).toEqual([]);
  });
});

/** A help text without the line breaks and columns that depend on the terminal's width. */
function unfold(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
