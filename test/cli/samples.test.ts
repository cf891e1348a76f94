/** netspec verify on many samples, on detection-v2 at 1/8 width. */
import { cpSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as tick } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readNpyFile, writeNpyFile } from '../../src/node.js';
import { fixture, netspec, temporaryFolder, TINY } from './support.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);
const [NET, WEIGHTS, OTHER] = [at('tiny.prototxt'), at('tiny.caffemodel'), at('other.prototxt')];
const outputs = (stemPool: string) => fixture('detection-v2-tiny', `outputs_${stemPool}`);
const verify = (...words: string[]) => netspec('verify', NET, '-w', WEIGHTS, ...words);

beforeAll(async () => {
  expect((await netspec('build', 'detection-v2', ...TINY, '-o', NET)).code).toBe(0);
  expect((await netspec('build', 'detection-v2', ...TINY, '--stem-pool', 'floor-pad1', '-o', OTHER)).code).toBe(0);
  const packed = await netspec('pack-weights', NET, '--from', fixture('detection-v2-tiny', 'npy_save'), '-o', WEIGHTS);
  expect(packed.stderr).toBe('');
  const { shape, data } = await readNpyFile(fixture('detection-v2-tiny', 'input.npy'));
  mkdirSync(at('inputs'));
  mkdirSync(at('empty'));
  mkdirSync(at('refs'));
  for (const name of ['a', 'b', 'c']) await writeNpyFile(at('inputs', `${name}.npy`), shape, data as Float32Array);
  // The references of `b` are those of the other pooling.
  for (const name of ['a', 'b', 'c'])
    cpSync(outputs(name === 'b' ? 'floor_pad1' : 'ceil'), at('refs', name), { recursive: true });
});

test('a folder of inputs and a folder of references: the worst sample is diagnosed', async () => {
  const { code, stdout, stderr } = await verify(
    '-i',
    `data=${at('inputs')}`,
    '-r',
    at('refs'),
    '--csv',
    at('samples.csv'),
  );
  expect({ code, stderr }).toEqual({ code: 1, stderr: `wrote ${at('samples.csv')}\n` });
  const rows = stdout.split('\n').map((line) => line.trim().split(/ {2,}/));
  expect(rows[0]).toEqual(['layer', 'type', 'shape', 'max rel', 'mean', 'p90', 'worst', 'allclose']);
  const pooled = rows.find(([layer]) => layer === 'backbone_body_stem_maxpool')!;
  expect([pooled[3], ...pooled.slice(6)]).toEqual(['0.788', 'b', 'NO (1 of 3 samples)']);
  expect(stdout).toContain('at sample b:\n');
  expect(stdout).toContain('pooling-window at backbone_body_stem_maxpool');
  expect(stdout).toContain('1 of 3 samples diverge: b\n');
  expect(stdout).toContain(
    'first layer that diverges: backbone_body_stem_maxpool (Pooling), in 1 of 3 samples; worst in b\n',
  );
  const [head] = readFileSync(at('samples.csv'), 'utf8').split('\n');
  expect(head).toContain(',worst_sample,samples,failing,max_abs_worst,max_abs_mean,');
});

test('an input that is given several times, and references that another net makes', async () => {
  const files = ['a', 'c'].flatMap((name) => ['-i', `data=${at('inputs', `${name}.npy`)}`]);
  const same = await verify(...files, '--against', NET, WEIGHTS, '--json');
  expect({ code: same.code, stderr: same.stderr }).toEqual({ code: 0, stderr: '' });
  const { samples } = JSON.parse(same.stdout) as { samples: { of: number; stopped: boolean; samples: unknown[] } };
  expect(samples).toMatchObject({
    of: 2,
    stopped: false,
    samples: [
      { name: 'a', ok: true },
      { name: 'c', ok: true },
    ],
  });
  const other = await verify(...files, '--against', OTHER, WEIGHTS, '--no-diagnose', '--metric', 'sqnr');
  expect(other.code).toBe(1);
  expect(other.stdout).toContain('2 of 2 samples diverge: a, c\n');
});

test('an interrupt stops after the sample at hand, and prints what is known', async () => {
  const before = process.listenerCount('SIGINT');
  const running = verify('-i', `data=${at('inputs')}`, '-r', at('refs'));
  while (process.listenerCount('SIGINT') === before) await tick();
  process.emit('SIGINT');
  const { code, stdout, stderr } = await running;
  // Sample `a` agrees; the others were not run.
  expect(code).toBe(2);
  expect(stderr).toBe('stopping after this sample; interrupt again to stop at once\n');
  expect(stdout).toContain('stopped after 1 of 3 samples; what is known so far:\n');
  expect(stdout).toContain('every matched layer agrees in every sample\n');
  expect(process.listenerCount('SIGINT')).toBe(before);
});

describe('bad input', () => {
  const inputs = (name: string, ...files: string[]) => files.flatMap((file) => ['-i', `${name}=${file}`]);
  test.each<[string, () => string[], string]>([
    ['an empty folder', () => inputs('data', at('empty')), 'empty: the folder has no samples: no .npy or .npz files'],
    [
      'two samples of one name',
      () => inputs('data', at('inputs', 'a.npy'), at('inputs', 'a.npy')),
      "two samples of input 'data' have the name 'a'",
    ],
    [
      'inputs that have other samples',
      () => [...inputs('data', at('inputs')), ...inputs('info', at('inputs', 'a.npy'), at('inputs', 'b.npy'))],
      "input 'info' has no sample 'c', which input 'data' has",
    ],
    [
      'a file that is not there',
      () => inputs('data', at('inputs', 'a.npy'), at('inputs', 'x.npy')),
      "refs: has no references of sample 'x'",
    ],
    ['--fix', () => [...inputs('data', at('inputs')), '--fix', at('fixed')], '--fix mends a port by one input'],
  ])('%s', async (_, words, message) => {
    const { code, stderr } = await verify(...words(), '-r', at('refs'));
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('a sample without references, and references without a sample', async () => {
    renameSync(at('refs', 'c'), at('refs', 'd'));
    try {
      const missing = await verify('-i', `data=${at('inputs')}`, '-r', at('refs'));
      expect(missing.code).toBe(2);
      expect(missing.stderr).toContain("refs: has no references of sample 'c': no c/ and no c.npz");
      const files = ['a', 'b'].flatMap((name) => ['-i', `data=${at('inputs', `${name}.npy`)}`]);
      const left = await verify(...files, '-r', at('refs'), '--no-diagnose');
      expect(left.stderr).toContain('has references of samples that are not given: d\n');
    } finally {
      renameSync(at('refs', 'd'), at('refs', 'c'));
    }
  });
});
