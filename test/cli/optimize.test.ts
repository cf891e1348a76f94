/** netspec optimize, from files to files. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Net, readNpyFile } from '../../src/node.js';
import { formatNpy } from '../../src/weights/npy.js';
import { input, layer, randomParameters } from '../optimize/support.js';
import { netspec, temporaryFolder } from './support.js';

const TEXT =
  input(1, 3, 8, 8) +
  layer('Convolution', 'c', 'x', 'c', 'convolution_param { num_output: 4 kernel_size: 3 bias_term: false }') +
  layer('BatchNorm', 'bn', 'c', 'c') +
  layer('Scale', 's', 'c', 'c', 'scale_param { bias_term: true }') +
  layer('Dropout', 'd', 'c', 'c') +
  layer('InnerProduct', 'ip', 'c', 'ip', 'inner_product_param { num_output: 2 }');

/** What each layer gives, right after it ran. */
async function dumpOf(net: string, weights: string, input: string, names: readonly string[], folder: string) {
  const run = await Net.load(net, { weights, algorithm: 'gemm' });
  run.blobs.get('x')!.data.set((await readNpyFile(input)).data);
  mkdirSync(folder);
  await run.forward({
    onLayer: (_, { name }) => {
      const { shape, data } = run.blobs.get(run.topNames.get(name)![0]!)!;
      if (names.includes(name)) writeFileSync(path.join(folder, `${name}.npy`), formatNpy([...shape], data));
    },
  });
  run.dispose();
}

describe('netspec optimize', () => {
  const folder = temporaryFolder();
  const at = (...name: string[]) => path.join(folder, ...name);
  const files = () => [at('net.prototxt'), at('net.caffemodel')];

  beforeAll(async () => {
    writeFileSync(at('net.prototxt'), TEXT);
    writeFileSync(at('net.caffemodel'), await randomParameters(TEXT, 1));
  });

  test('writes a net of fewer layers after comparing the outputs', async () => {
    const { code, stdout, stderr } = await netspec(
      'optimize',
      ...files(),
      '-o',
      at('small.prototxt'),
      '-v',
      '--runs',
      '2',
    );
    expect([code, stderr]).toEqual([0, '']);
    // Times and the last digits of the difference depend on the machine.
    expect(
      stdout
        .replaceAll(/[\d.]+ ms/g, 'T ms')
        .replace(/[\d.]+ times/, 'N times')
        .replace(/[\d.]+e-\d+/, 'E'),
    ).toBe(`\
prune     0 layers taken out, no output needs them
identity  1 layer taken out, they compute nothing
  d (Dropout)
merge     2 layers merged into the layer before them
  bn (BatchNorm) → c
  s (Scale) → c
share     0 layers now use the parameters of another
layers: 6 → 3; parameters in the file: 415 → 402
caffemodel: ${(readFileSync(at('net.caffemodel')).length / 1000).toFixed(2)} kB → ${(readFileSync(at('small.caffemodel')).length / 1000).toFixed(2)} kB
outputs: worst difference E of the largest value, in 'ip' (tolerance 0.0001; 1 compared, algorithm gemm, input random, seed 0)
time: T ms → T ms, N times as fast (medians of 2 passes each in turn, algorithm auto)
wrote ${at('small.prototxt')} and ${at('small.caffemodel')}
wrote ${at('small.map.json')}: verify --map takes it with references of the net as it was
`);
    expect(JSON.parse(readFileSync(at('small.map.json'), 'utf8'))).toEqual({
      extends: 'identity',
      references: [
        { layer: 'c', from: 's', only: true },
        { layer: 'c', from: 'bn', only: true },
      ],
    });
    expect((await netspec('inspect', at('small.prototxt'), '--json')).stdout).toContain('"layers": 3');
  });

  test('verifies against a dump of the net as it was, by the map that is written', async () => {
    const x = at('x.npy');
    writeFileSync(
      x,
      formatNpy(
        [1, 3, 8, 8],
        Float32Array.from({ length: 192 }, (_, i) => Math.sin(i)),
      ),
    );
    expect((await netspec('optimize', ...files(), '-o', at('opt.prototxt'), '--runs', '0')).code).toBe(0);
    // A dump of modules has the pair as `bn`; in one without it the convolution has no reference, its own being another's.
    for (const [dump, names, matched] of [
      ['all', ['c', 'bn', 's', 'ip'], 2],
      ['few', ['c', 'ip'], 1],
    ] as const) {
      await dumpOf(at('net.prototxt'), at('net.caffemodel'), x, names, at(dump));
      const { code, stdout } = await netspec(
        ...['verify', at('opt.prototxt'), '-w', at('opt.caffemodel'), '-i', `x=${x}`, '-r', at(dump)],
        ...['--map', at('opt.map.json'), '--json'],
      );
      expect({ code, matched: (JSON.parse(stdout) as { matched: number }).matched }).toEqual({ code: 0, matched });
    }
  });

  test('--only and --no-… choose passes; -o takes a folder; --json', async () => {
    mkdirSync(at('out'));
    const { stdout } = await netspec('optimize', ...files(), '-o', at('out'), '--no-merge', '--json', '--runs', '0');
    expect(JSON.parse(stdout)).toMatchObject({
      passes: [
        { pass: 'prune', changes: [] },
        { pass: 'identity', changes: [{ layer: 'd', type: 'Dropout' }] },
        { pass: 'share', changes: [] },
      ],
      layers: { before: 6, after: 5 },
      outputs: ['ip'],
      check: {
        ok: true,
        tolerance: 1e-4,
        algorithm: 'gemm',
        input: 'random, seed 0',
        worst: { blob: 'ip', maxRel: 0 },
      },
      written: { net: at('out', 'net.prototxt'), weights: at('out', 'net.caffemodel') },
    });
    const only = await netspec(
      'optimize',
      ...files(),
      '-o',
      at('out'),
      '--only',
      'merge, share',
      '--json',
      '--runs',
      '0',
    );
    expect(JSON.parse(only.stdout)).toMatchObject({ passes: [{ pass: 'merge' }, { pass: 'share' }] });
  });

  test('--outputs keeps what these need; the input may be given', async () => {
    writeFileSync(at('x.npy'), formatNpy([1, 3, 8, 8], new Float32Array(192).fill(0.5)));
    const { stdout } = await netspec(
      'optimize',
      ...files(),
      '-o',
      at('cut.prototxt'),
      '--outputs',
      'c',
      '-i',
      `x=${at('x.npy')}`,
      '--runs',
      '0',
    );
    expect(stdout).toContain('prune     1 layer taken out, no output needs them\n');
    expect(stdout).toContain(`in 'c' (tolerance 0.0001; 1 compared, algorithm gemm, input x=${at('x.npy')})\n`);
  });

  test('writes nothing when the outputs differ by more than the tolerance', async () => {
    const { code, stderr } = await netspec('optimize', ...files(), '-o', at('never.prototxt'), '--tolerance', '1e-12');
    expect([code, stderr]).toEqual([1, 'the outputs differ by more than the tolerance: nothing was written\n']);
    expect(readdirSync(folder).filter((file) => /never|tmp/.test(file))).toEqual([]);
  });

  test('writes nothing when the outputs are not finite, which would prove nothing', async () => {
    const text = TEXT + layer('Power', 'p', 'ip', 'p', 'power_param { power: 0.5 shift: -1e9 }');
    writeFileSync(at('nan.prototxt'), text);
    const { code, stdout } = await netspec(
      'optimize',
      at('nan.prototxt'),
      at('net.caffemodel'),
      '-o',
      at('never.prototxt'),
    );
    expect(code).toBe(1);
    expect(stdout).toContain("'p' of the net as it was has values that are not finite: nothing can be compared\n");
    expect(existsSync(at('never.prototxt'))).toBe(false);
  });

  test.each([
    [
      'an output over the net',
      () => ['-o', at('net.prototxt')],
      () => `${at('net.prototxt')} would be overwritten, which is read\nhint: write somewhere else`,
    ],
    [
      'an output over the weights',
      () => ['-o', at('net.txt')],
      () => `${at('net.caffemodel')} would be overwritten, which is read\nhint: write somewhere else`,
    ],
    [
      'one file for both',
      () => ['-o', at('a'), '--output-weights', at('a')],
      () =>
        `the prototxt and the caffemodel would both be ${at('a')}\nhint: give the prototxt with -o, the caffemodel with --output-weights`,
    ],
    [
      'a pass that is none',
      () => ['-o', at('a.prototxt'), '--only', 'fuse'],
      () => "no pass 'fuse'\nhint: passes are prune, identity, merge, share",
    ],
    [
      'an output that is no blob',
      () => ['-o', at('a.prototxt'), '--outputs', 'iq'],
      () => "the net has no blob 'iq'\nhint: did you mean 'ip'?",
    ],
    [
      'a tolerance below 0',
      () => ['-o', at('a.prototxt'), '--tolerance', '-1'],
      () => '--tolerance expects a number of 0 or more\nsee netspec optimize --help',
    ],
  ])('refuses %s', async (_what, words, message) => {
    expect(await netspec('optimize', ...files(), ...words())).toEqual({
      code: 2,
      stdout: '',
      stderr: `netspec: ${message()}\n`,
    });
  });
});
