/** The completion script, run by bash itself. */
import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { COMMANDS, loadCommands } from '../../src/cli/commands/index.js';
import { runCli } from '../../src/cli/run.js';
import { completionScript } from '../../src/cli/shared/completion-script.js';

const script = completionScript(await loadCommands(), 'bash').join('\n');

function complete(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const run = `${script}\nCOMP_WORDS=(netspec ${quoted})\nCOMP_CWORD=${words.length}\n_netspec\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', run], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.split('\n').filter((word) => word !== '');
}

test('all commands are offered, and those that begin with what is there', () => {
  expect(complete('')).toEqual([...Object.keys(COMMANDS), '--help', '--version']);
  expect(complete('pack')).toEqual(['pack-weights']);
});

test('the options of a command, in the form that has an effect', () => {
  expect(complete('lint', '--ta')).toEqual(['--target']);
  expect(complete('lint', '--no-p')).toEqual(['--no-patches']);
  expect(complete('optimize', '--output-')).toEqual(['--output-weights']);
});

test('words of a choice, and files', () => {
  expect(complete('completion', 'z')).toEqual(['zsh']);
  expect(complete('lint', 'package.js')).toEqual(['package.json']);
});

test('the command prints the script', async () => {
  let printed = '';
  const output = { write: (text: string | Uint8Array) => void (printed += String(text)) };
  expect(await runCli(['completion', 'bash'], { stdout: output, stderr: output })).toBe(0);
  expect(printed).toBe(`${script}\n`);
});

test('zsh loads what runs a script of bash', async () => {
  expect(completionScript(await loadCommands(), 'zsh')[0]).toContain('bashcompinit');
});
