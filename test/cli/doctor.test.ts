/** What doctor says of this machine, and of machines that lack something. */
import { describe, expect, test } from '@jest/globals';
import { CHECKS, memory, nodeVersion, onnxRuntime, playground, threads } from '../../src/cli/shared/doctor.js';
import { netspec } from './support.js';

test('of this machine, which the tests run on', async () => {
  const { code, stdout, stderr } = await netspec('doctor');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`ok    Node.js       ${process.versions.node}\n`);
  expect(stdout).toMatch(/^ok {4}SIMD {10}with/m);
});

test('as JSON, one entry for each check', async () => {
  const { code, stdout } = await netspec('doctor', '--json');
  expect(code).toBe(0);
  const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string }[] };
  expect(checks.map(({ name }) => name)).toEqual(CHECKS.map(({ name }) => name));
  expect(checks.map(({ status }) => status)).not.toContain('bad');
});

describe('of others', () => {
  test('an old Node.js', () => {
    expect(nodeVersion('18.20.1')).toEqual({
      status: 'bad',
      found: '18.20.1',
      hint: 'install Node.js 20 or later',
    });
  });

  test('one core', async () => {
    expect(await threads(1)).toEqual({ status: 'note', found: '1', hint: 'nets run on one thread' });
  });

  test('two cores have the results of one', async () => {
    expect(await threads(2)).toEqual({ status: 'ok', found: '2, with the results of one' });
  });

  test('little memory', () => {
    expect(memory(2 ** 29)).toEqual({
      status: 'note',
      found: '536.9 MB, of which a net can have 536.9 MB',
      hint: 'large nets may not fit',
    });
  });

  test('packages that are not there', () => {
    expect(onnxRuntime(undefined).hint).toContain('npm install onnxruntime-node');
    expect(playground(false).hint).toContain('npm run playground');
  });
});
