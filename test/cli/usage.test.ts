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
    expect(stderr).toBe("netspec: no command is named 'biuld'\nhint: did you mean 'build'?\nsee netspec --help\n");
  });

  test.each([
    ['frobnicate x', "no command is named 'frobnicate'"],
    ['list --jsno', "there is no option --jsno\nhint: did you mean '--json'?"],
    ['list --my-opt', 'there is no option --my-opt'],
    ['list -z', 'there is no option -z'],
    ['list foo', "too many words: 'foo'"],
    ['inspect a b c --foo --bar=1', "there is no option --foo\nthere is no option --bar\ntoo many words: 'b', 'c'"],
    ['verify net.prototxt', '--weights is missing'],
    ['time', '<net> is missing'],
    ['optimize net.prototxt', '<weights> is missing'],
    ['time net.prototxt --iterations', '--iterations needs a value'],
    ['verify net.prototxt -w', '-w needs a value'],
    ['time net.prototxt --algorithm x', '--algorithm: expected one of "auto", "gemm", got "x"'],
  ])('netspec %s', async (line, message) => {
    const [name] = line.split(' ');
    const help = message.startsWith('no command') ? '' : `${name!} `;
    const stderr = `netspec: ${message}\nsee netspec ${help}--help\n`;
    expect(await netspec(...line.split(' '))).toEqual({ code: 2, stdout: '', stderr });
  });

  test('the help of a command has the positionals first, then what every use needs', async () => {
    const { stdout } = await netspec('verify', '--help');
    const headings = stdout.split('\n').filter((line) => /^[A-Z][\w' ]*:?$/.test(line));
    expect(headings.slice(0, 2)).toEqual(['Positionals:', 'Options:']);
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
