/** The commands that look into files and compare them: inspect, diff, extract. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { encodeNet } from '../../src/proto/codec.js';
import { fixture, netspec, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const at = (...name: string[]) => path.join(folder, ...name);

const TEXT = `
name: "small"
layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 dim: 4 dim: 4 } } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 1 kernel_size: 1 } }
layer { name: "r" type: "ReLU" bottom: "c" top: "c" }
`;
const blob = (dims: number[], ...data: number[]) => ({ shape: { dim: dims }, data });
const model = (weights: number[], bias: number, type = 'ReLU') =>
  encodeNet({
    name: 'small',
    layer: [
      { name: 'data', type: 'Input', top: ['x'], input_param: { shape: [{ dim: [1, 2, 4, 4] }] } },
      {
        name: 'c',
        type: 'Convolution',
        bottom: ['x'],
        top: ['c'],
        blobs: [blob([1, 2, 1, 1], ...weights), blob([1], bias)],
        convolution_param: { num_output: 1, kernel_size: [1] },
      },
      { name: 'r', type, bottom: ['c'], top: ['c'] },
    ],
  });

beforeAll(() => {
  writeFileSync(at('net.prototxt'), TEXT);
  writeFileSync(at('a.caffemodel'), model([1, -3], NaN));
  writeFileSync(at('b.caffemodel'), model([1, -2.5], NaN, 'TanH'));
});

describe('netspec inspect', () => {
  test('a caffemodel: the shapes of its net and the parameters of the file', async () => {
    const { code, stdout, stderr } = await netspec('inspect', at('a.caffemodel'));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`\
layer  type         top shapes  parameter blobs  parameters  MACs
data   Input        1x2x4x4
c      Convolution  1x1x4x4     1x2x1x1 1                 3    32
r      ReLU         1x1x4x4

3 layers, 3 parameters (12 B), 32 multiply-accumulates a pass, 192 B of blobs
`);
  });

  test('--stats, with what is no number counted', async () => {
    expect((await netspec('inspect', at('a.caffemodel'), '--stats')).stdout).toBe(`\
layer  type         blob  shape    min  max  mean  std  nan  infinite
c      Convolution  0     1x2x1x1   -3    1    -1    2    0         0
c      Convolution  1     1          -    -     -    -    1         0

3 layers, 3 parameters (12 B), 32 multiply-accumulates a pass, 192 B of blobs
`);
    const { stdout } = await netspec('inspect', at('a.caffemodel'), '--stats', '--json');
    expect((JSON.parse(stdout) as { layers: { stats?: unknown[] }[] }).layers[1]!.stats).toEqual([
      { min: -3, max: 1, mean: -1, std: 2, nan: 0, infinite: 0 },
      { min: null, max: null, mean: null, std: null, nan: 1, infinite: 0 },
    ]);
  });

  test('--stats of a blob without values says why', async () => {
    writeFileSync(at('half.caffemodel'), encodeNet({ layer: [{ name: 'c', blobs: [{ shape: { dim: [2] } }] }] }));
    const { stdout } = await netspec('inspect', at('half.caffemodel'), '--stats', '--csv');
    expect(stdout).toBe(
      'layer,type,blob,shape,min,max,mean,std,nan,infinite\nc,,0,2,"blob 0 at byte 8: the shape 2 has 2 values, the data is missing",,,,,\n',
    );
  });

  test('--csv', async () => {
    expect((await netspec('inspect', at('net.prototxt'), '--csv')).stdout).toBe(`\
layer,type,tops,top shapes,parameter blobs,parameters,macs
data,Input,x,1x2x4x4,,0,0
c,Convolution,c,1x1x4x4,1x2x1x1 1,3,32
r,ReLU,c,1x1x4x4,,0,0
`);
  });

  test.each([
    [
      '--stats of a prototxt',
      ['--stats'],
      () => `${at('net.prototxt')}: a prototxt holds no values for --stats\nhint: inspect the caffemodel`,
    ],
    [
      'two forms at once',
      ['--csv', '--json'],
      () => '--csv and --json are two forms of the same: choose one\nsee netspec inspect --help',
    ],
  ])('refuses %s', async (_what, words, message) => {
    expect(await netspec('inspect', at('net.prototxt'), ...words)).toEqual({
      code: 2,
      stdout: '',
      stderr: `netspec: ${message()}\n`,
    });
  });
});

describe('netspec diff', () => {
  test('fields and weights, layer by layer', async () => {
    expect(await netspec('diff', at('a.caffemodel'), at('b.caffemodel'))).toEqual({
      code: 1,
      stdout: `\
  c (Convolution)
    blob 0 1x2x1x1: 1 values differ, by at most 0.5
  r (ReLU)
    type: "ReLU" → "TanH"
2 layers changed; largest difference of two weights 0.5
`,
      stderr: '',
    });
  });

  test('--tolerance and --only', async () => {
    const words = ['diff', at('a.caffemodel'), at('b.caffemodel'), '--only', 'weights', '--tolerance', '0.5'];
    expect(await netspec(...words)).toEqual({
      code: 0,
      stdout: 'the same; largest difference of two weights 0.5\n',
      stderr: '',
    });
    expect(
      (await netspec('diff', at('a.caffemodel'), at('b.caffemodel'), '--only', 'structure', '--json')).stdout,
    ).toBe(
      `${JSON.stringify(
        {
          same: false,
          net: [],
          layers: [
            {
              name: 'r',
              type: 'ReLU',
              change: 'changed',
              fields: [{ path: 'type', before: '"ReLU"', after: '"TanH"' }],
              blobs: [],
            },
          ],
          reordered: false,
          weights: false,
          maxAbs: 0,
        },
        null,
        2,
      )}\n`,
    );
  });

  test('a prototxt and the file that Caffe saved of it: phases, splits and the name are no difference', async () => {
    const saved = fixture('nets', 'shared_params', 'weights.caffemodel');
    const { code, stdout } = await netspec('diff', fixture('nets', 'shared_params', 'net.prototxt'), saved);
    expect([code, stdout]).toEqual([0, 'the same; no weights compared\n']);
  });

  test('layers that only one has, in their places, and fields within fields', async () => {
    writeFileSync(
      at('other.prototxt'),
      TEXT.replace('kernel_size: 1', 'kernel_size: 3 pad: 1 weight_filler { type: "xavier" }').replace(
        'layer { name: "r" type: "ReLU" bottom: "c" top: "c" }',
        'layer { name: "s" type: "Sigmoid" bottom: "c" top: "c" }',
      ),
    );
    expect((await netspec('diff', at('net.prototxt'), at('other.prototxt'))).stdout).toBe(`\
  c (Convolution)
    convolution_param.pad: (absent) → 1
    convolution_param.kernel_size: 1 → 3
    convolution_param.weight_filler.type: (absent) → "xavier"
+ s (Sigmoid)
- r (ReLU)
1 layer removed, 1 layer added, 1 layer changed; no weights compared
`);
  });

  test('blobs of other shapes', async () => {
    const one = encodeNet({ layer: [{ name: 'c', blobs: [blob([2], 1, 2), blob([1], 1)] }] });
    const other = encodeNet({ layer: [{ name: 'c', blobs: [blob([2, 1], 1, 2)] }] });
    writeFileSync(at('one.caffemodel'), one);
    writeFileSync(at('other.caffemodel'), other);
    expect((await netspec('diff', at('one.caffemodel'), at('other.caffemodel'))).stdout).toBe(`\
  c ()
    blob 0: 2 → 2x1
    blob 1: 1 → (absent)
1 layer changed; largest difference of two weights 0
`);
  });
});

describe('netspec extract', () => {
  const weights = fixture('nets', 'shared_params', 'weights.caffemodel');
  const net = fixture('nets', 'shared_params', 'net.prototxt');

  test.each(['arrays', 'arrays.npz', 'arrays.safetensors'])('to %s, which packs into the same file', async (name) => {
    expect(await netspec('extract', weights, '--all', '-o', at(name))).toEqual({
      code: 0,
      stdout: `wrote 6 arrays to ${at(name)}: 444 values, 1.78 kB\n`,
      stderr: '',
    });
    const packed = at(`${name}.caffemodel`);
    const words = ['pack-weights', net, '--from', at(name), '--map', 'identity', '--allow-unused', '-o', packed];
    expect((await netspec(...words)).code).toBe(0);
    const { stdout } = await netspec('diff', weights, packed, '--only', 'weights', '--json');
    const differing = (JSON.parse(stdout) as { layers: { name: string }[] }).layers.map((layer) => layer.name);
    // Layers that share all their parameters are left out of packed files.
    expect(differing).toEqual(['t1', 't2']);
    expect((await netspec('diff', weights, packed, '--only', 'weights', '--json')).stdout).toContain('"maxAbs": 0');
  });

  test('single layers and single tensors', async () => {
    expect((await netspec('extract', weights, '--layer', 't0', '--layer', 't2.bias', '-o', at('some'))).stdout).toBe(
      `wrote 3 arrays to ${at('some')}: 152 values, 608 B\n`,
    );
    expect(readdirSync(at('some')).sort()).toEqual(['t0.bias.npy', 't0.weight.npy', 't2.bias.npy']);
  });

  test('a / in a name makes a folder; a name that leads out of the folder is refused', async () => {
    const named = (name: string) => encodeNet({ layer: [{ name, type: 'PReLU', blobs: [blob([1], 2)] }] });
    writeFileSync(at('slash.caffemodel'), named('block/prelu'));
    await netspec('extract', at('slash.caffemodel'), '--all', '-o', at('slash'));
    expect(existsSync(at('slash', 'block', 'prelu.weight.npy'))).toBe(true);

    mkdirSync(at('inside'));
    writeFileSync(at('evil.caffemodel'), named('../evil'));
    const { code, stderr } = await netspec('extract', at('evil.caffemodel'), '--all', '-o', at('inside'));
    expect([code, stderr]).toEqual([
      2,
      `netspec: '../evil.weight' cannot be a file in ${at('inside')}\nhint: write one .npz or .safetensors file instead\n`,
    ]);
    expect(readdirSync(at('inside'))).toEqual([]);
  });

  test.each([
    ['nothing to extract', [], () => 'say what to extract: --layer NAME …, or --all\nsee netspec extract --help'],
    [
      'a layer that is not there',
      ['--layer', 't9'],
      () => `${weights} has no parameters of a layer 't9'\nhint: did you mean 't0'?`,
    ],
  ])('refuses %s', async (_what, words, message) => {
    expect(await netspec('extract', weights, '-o', at('never'), ...words)).toEqual({
      code: 2,
      stdout: '',
      stderr: `netspec: ${message()}\n`,
    });
    expect(existsSync(at('never'))).toBe(false);
  });

  test('the same parameters give the same bytes', async () => {
    await netspec('extract', weights, '--all', '-o', at('again.npz'));
    await netspec('extract', weights, '--all', '-o', at('once-more.npz'));
    expect(readFileSync(at('again.npz')).equals(readFileSync(at('once-more.npz')))).toBe(true);
  });
});
