/** The help on terminals of different widths: what it says of an option stands apart from what it says of its value. */
import { expect, test } from '@jest/globals';
import { COMMANDS } from '../../src/cli/commands/index.js';
import { runCli } from '../../src/cli/run.js';
import { helpLines } from '../../src/cli/shared/help-text.js';

test('a type that touches the description goes to a line of its own', () => {
  const line = '      --stage          stages for include and exclude rules[array] [default: []]';
  expect(helpLines(`Options:\n${line}`, 80)).toEqual([
    'Options:',
    '      --stage          stages for include and exclude rules',
    '                                                           [array] [default: []]',
  ]);
  const apart = line.replace('[array]', ' [array]');
  expect(helpLines(apart, 81)).toEqual([apart]);
  expect(helpLines('  x  a list: a[stringent], b[0]', 80)).toEqual(['  x  a list: a[stringent], b[0]']);
});

test.each([72, 80, 100, 120])('no type touches a description in %d columns, and no line is longer', async (columns) => {
  for (const name of Object.keys(COMMANDS)) {
    const lines: string[] = [];
    const output = { write: (text: string | Uint8Array) => lines.push(...String(text).split('\n')), columns };
    expect(await runCli([name, '--help'], { stdout: output, stderr: output })).toBe(0);
    expect({
      name,
      touching: lines.filter((line) => /[^\s[\]]\[(array|boolean|choices|number|string)\b/.test(line)),
    }).toEqual({
      name,
      touching: [],
    });
    expect({ name, long: lines.filter((line) => line.length > columns) }).toEqual({ name, long: [] });
  }
});
