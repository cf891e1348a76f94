/** The command line itself: usage errors, help, exit codes. */
import { describe, expect, test } from '@jest/globals';
import { loadCommands } from '../../src/cli/commands/index.js';
import { signature } from '../../src/cli/shared/options.js';
import { parsePairs } from '../../src/cli/shared/values.js';
import { netspec } from './support.js';

describe('usage', () => {
  test('no command: says so, exits 2', async () => {
    expect(await netspec()).toEqual({ code: 2, stdout: '', stderr: 'netspec: no command given\nsee netspec --help\n' });
  });

  test('a misspelt command gets the nearest one', async () => {
    const { code, stderr } = await netspec('biuld', 'detection-v2');
    expect(code).toBe(2);
    expect(stderr).toBe('netspec: Did you mean build?\nsee netspec --help\n');
  });

  test('an unknown option is refused, with the way to the help', async () => {
    const { code, stderr } = await netspec('list', '--jsno');
    expect(code).toBe(2);
    expect(stderr).toBe('netspec: Unknown argument: jsno\nsee netspec list --help\n');
  });

  test('--help and --version go to stdout, exit 0', async () => {
    const help = await netspec('--help');
    expect(help.code).toBe(0);
    for (const { name, positionals } of await loadCommands())
      expect(help.stdout).toContain(`netspec ${signature(name, positionals)}  `);
    expect(await netspec('--version')).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
  });
});

describe('parsePairs', () => {
  test('a path may hold =', () => {
    expect([...parsePairs('input', ['data=a=b.npy', 'im_info=c.npy'])]).toEqual([
      ['data', 'a=b.npy'],
      ['im_info', 'c.npy'],
    ]);
  });

  test.each(['data', '=x.npy', 'data='])('refuses %p', (word) => {
    expect(() => parsePairs('input', [word])).toThrow(
      `--input expects NAME=FILE, got '${word}'\nhint: for example --input data=x.npy`,
    );
  });

  test('refuses a name given twice', () => {
    expect(() => parsePairs('input', ['a=1', 'a=2'])).toThrow('--input a=… is given twice');
  });
});
