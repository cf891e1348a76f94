/** A net with layers that netspec cannot run: every command does what it can without them. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  CaffemodelReader,
  Layer,
  Net,
  openFile,
  parsePrototxt,
  registerLayer,
  unregisterLayer,
  writeNpyFile,
  type Blob,
} from '../../src/node.js';
import { NetspecError } from '../../src/errors.js';
import { fixture, netspec, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => path.join(folder, ...parts);

const NET = `name: "port"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 6 dim: 5 } } }
layer { name: "c1" type: "Convolution" bottom: "data" top: "c1" convolution_param { num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "wave" type: "Wave" bottom: "c1" top: "wave" param { lr_mult: 1 } }
layer { name: "c2" type: "Convolution" bottom: "wave" top: "c2" convolution_param { num_output: 5 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "bn2" type: "BatchNorm" bottom: "c2" top: "c2" }
layer { name: "sc2" type: "Scale" bottom: "c2" top: "c2" scale_param { bias_term: true filler { type: "constant" value: 2 } } }
layer { name: "wave2" type: "Wave" bottom: "c2" top: "wave2" }
layer { name: "sum" type: "Eltwise" bottom: "wave2" bottom: "c2" top: "sum" }
layer { name: "post" type: "Python" bottom: "sum" top: "out" python_param { module: "nms" layer: "Nms" } }
`;

/** What the model's own code does where Caffe has a layer of its own. */
class Wave extends Layer {
  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    y!.reshapeLike(x!);
  }
  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    y!.data.set(x!.data.map((value) => Math.sin(3 * value) + 0.25));
  }
}

const references = ['c1', 'wave', 'c2', 'bn2', 'sc2', 'wave2', 'sum'];

beforeAll(async () => {
  writeFileSync(at('net.prototxt'), NET);
  writeFileSync(
    at('wrong.prototxt'),
    NET.replace('type: "BatchNorm"', 'type: "BatchNorm" batch_norm_param { eps: 0.1 }'),
  );
  mkdirSync(at('r'));
  mkdirSync(at('w'));
  registerLayer('Wave', Wave);
  try {
    const whole = parsePrototxt(NET.replace(' param { lr_mult: 1 }', ''));
    const net = await Net.load({ ...whole, layer: whole.layer!.filter(({ type }) => type !== 'Python') }, { seed: 3 });
    const [mean, variance, factor] = net.params.get('bn2')!;
    mean!.data.set([0.1, 0, -0.2, 0.3, 0]);
    variance!.data.fill(0.5);
    factor!.data.fill(1);
    const x = net.blobs.get('data')!;
    x.data.set(Float32Array.from(x.data, (_, i) => Math.sin(i)));
    await writeNpyFile(at('x.npy'), x.shape, x.data);
    const seen = new Map<string, { shape: readonly number[]; data: Float32Array }>();
    await net.forward({
      onLayer: (index, { name }) => {
        const { shape, data } = net.blobs.get(net.topNamesOf(index)[0]!)!;
        seen.set(name, { shape, data: data.slice() });
      },
    });
    for (const name of references)
      await writeNpyFile(at('r', `${name}.npy`), seen.get(name)!.shape, seen.get(name)!.data);
    for (const [layer, blobs] of net.params)
      for (const [i, { shape, data }] of blobs.entries()) {
        const names = layer === 'bn2' ? ['running_mean', 'running_var'] : ['weight', 'bias'];
        if (names[i]) await writeNpyFile(at('w', `${layer}.${names[i]}.npy`), shape, data);
      }
    net.dispose();
  } finally {
    unregisterLayer('Wave');
  }
  const packed = await netspec('pack-weights', at('net.prototxt'), '--from', at('w'), '-o', at('net.caffemodel'));
  expect(packed.code).toBe(0);
});

test('inspect lists what is known, and says what to give for the rest', async () => {
  const { code, stdout, stderr } = await netspec('inspect', at('net.prototxt'));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^c1 +Convolution +1x4x6x5 +4x3x3x3 4 +112 +3240$/m);
  expect(stdout).toMatch(/^wave +Wave +\?$/m);
  expect(stdout).toMatch(/^sum +Eltwise +\?$/m);
  expect(stderr).toBe(
    'note: not run here: 2 layers of type Wave (wave, wave2) and 1 layer of type Python (post); ' +
      '--layers FILE.ts adds layer types of your own\n' +
      'note: shapes and parameters behind them are not known: give --shape wave=1x3x5x5 with your sizes\n',
  );
});

test('inspect: --shape gives the shapes behind a layer; --json has null for those that are not known', async () => {
  const words = ['--shape', 'wave=1x4x6x5', '--shape', 'wave2=1x5x6x5'];
  const { code, stdout } = await netspec('inspect', at('net.prototxt'), '--json', ...words);
  expect(code).toBe(0);
  const { layers } = JSON.parse(stdout) as { layers: { name: string; tops: { shape: unknown }[]; params: unknown }[] };
  expect(layers.find(({ name }) => name === 'c2')).toMatchObject({ params: [[5, 4, 1, 1], [5]] });
  expect(layers.find(({ name }) => name === 'sum')!.tops).toEqual([{ name: 'sum', shape: [1, 5, 6, 5] }]);
  expect(layers.find(({ name }) => name === 'post')!.tops).toEqual([{ name: 'out', shape: null }]);
});

test('inspect reads the parameters behind such a layer from a caffemodel', async () => {
  const { code, stdout } = await netspec('inspect', at('net.caffemodel'));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^c2 +Convolution +\? +5x4x1x1 5 +25$/m);
});

test('inspect --strict refuses such a net', async () => {
  const { code, stderr } = await netspec('inspect', at('net.prototxt'), '--strict');
  expect(code).toBe(2);
  expect(stderr).toMatch(/net.prototxt:4:22: layer 'wave' \(Wave\): Unknown layer type: Wave/);
});

test('draw draws all layers, with the shapes that are known', async () => {
  const { code, stderr } = await netspec('draw', at('net.prototxt'), '-o', at('net.svg'));
  expect(code).toBe(0);
  expect(stderr).toMatch(/^note: not run here: 2 layers of type Wave/);
  const svg = readFileSync(at('net.svg'), 'utf8');
  for (const text of ['>wave<', '>1x4x6x5<', '>post<']) expect(svg).toContain(text);
});

describe('pack-weights', () => {
  test('packs the other layers', async () => {
    const source = await openFile(at('net.caffemodel'));
    const reader = await CaffemodelReader.open(source);
    const shapes = reader.layers.map(({ name, blobs }) =>
      [name, ...blobs.map(({ shape }) => shape.join('x'))].join(' '),
    );
    await reader.close();
    expect(shapes).toEqual([
      'data',
      'c1 4x3x3x3 4',
      'wave',
      'c2 5x4x1x1 5',
      'bn2 5 5 1',
      'sc2 5 5',
      'wave2',
      'sum',
      'post',
    ]);
  });

  test('leaves a layer out whose arrays nobody can place, and says so', async () => {
    mkdirSync(at('more'));
    for (const name of readdirSync(at('w'))) copyFileSync(at('w', name), at('more', name));
    await writeNpyFile(at('more', 'wave.gate.npy'), [7], new Float32Array(7));
    const { code, stdout } = await netspec('pack-weights', at('net.prototxt'), '--from', at('more'), '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain(
      "note: layer 'wave' (Wave) is left out, since nothing is known of its parameters; the source has wave.gate\n",
    );
  });

  test('hints at --shape where the assumed shape does not fit the arrays', async () => {
    const words = ['--from', at('w'), '--map', 'identity', '--dry-run'];
    const wider = at('wider.prototxt');
    writeFileSync(wider, NET.replace('num_output: 4', 'num_output: 8'));
    const { code, stderr } = await netspec('pack-weights', wider, ...words);
    expect(code).toBe(2);
    expect(stderr).toContain(
      'the shape of wave, wave2 is only assumed: give it with --shape wave=1x3x5x5 and your sizes',
    );
  });
});

test('map proposes names for the other layers', async () => {
  const { code, stdout, stderr } = await netspec('map', at('net.prototxt'), '--from', at('w'));
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ rules: expect.arrayContaining([{ layer: 'sc2', module: 'sc2' }]) });
  expect(stderr).toContain(
    "note: 'wave' is taken to be 1x4x6x5, as what its layer reads; --shape wave=… says otherwise\n",
  );
});

test('optimize merges around such layers, and proves it with the same values in their place', async () => {
  const out = at('small', 'net.prototxt');
  const { code, stdout } = await netspec(
    'optimize',
    at('net.prototxt'),
    at('net.caffemodel'),
    '-o',
    out,
    '--runs',
    '0',
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^merge +2 layers merged into the layer before them$/m);
  // What wave, wave2 and the Python layer read: c1, c2, sum.
  expect(stdout).toMatch(/3 compared/);
  expect(readFileSync(out, 'utf8')).toContain('type: "Wave"');
  expect(readFileSync(out, 'utf8')).not.toContain('type: "Scale"');
});

describe('verify', () => {
  const verify = (net: string, ...words: string[]) =>
    netspec('verify', at(net), '-w', at('net.caffemodel'), '-i', `data=${at('x.npy')}`, '-r', at('r'), ...words);

  test('feeds the references of such layers to what reads them', async () => {
    const { code, stdout } = await verify('net.prototxt');
    expect(stdout).toMatch(/^wave +Wave +1x4x6x5 +stepped over$/m);
    expect(stdout).toMatch(/^c2 +Convolution +1x5x6x5 +\S+ +\S+ +1.000000 +yes$/m);
    expect(stdout).toContain(
      'stepped over: 2 layers of type Wave (wave, wave2) and 1 layer of type Python (post)\nevery other matched layer agrees\n',
    );
    expect(code).toBe(0);
  });

  test('finds a fault behind them', async () => {
    const { code, stdout } = await verify('wrong.prototxt');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^first layer that diverges: bn2 \(BatchNorm\)/m);
  });

  test('--fix writes a port with them', async () => {
    const { code, stdout } = await verify('wrong.prototxt', '--fix', at('fixed'), '--json');
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as { layers: { name: string; status: string; ok: boolean | null }[] };
    expect(report.layers.find(({ name }) => name === 'wave2')).toMatchObject({ status: 'stepped over', ok: null });
    expect(readFileSync(at('fixed', 'wrong.prototxt'), 'utf8')).toContain('eps: 1e-05');
  });

  test('without a reference, nothing is said of what depends on such a layer alone', async () => {
    mkdirSync(at('few'));
    for (const name of ['c1', 'c2', 'bn2', 'sc2', 'sum'])
      copyFileSync(at('r', `${name}.npy`), at('few', `${name}.npy`));
    const words = ['-w', at('net.caffemodel'), '-i', `data=${at('x.npy')}`, '-r', at('few')];
    const shapes = ['--shape', 'wave=1x4x6x5', '--shape', 'wave2=1x5x6x5'];
    const { code, stdout } = await netspec('verify', at('net.prototxt'), ...words, ...shapes);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^sum +Eltwise +1x5x6x5 +stepped over$/m);
    const refused = await netspec('verify', at('net.prototxt'), ...words);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      "layer 'c2' (Convolution): the shape of 'wave' is not known: layer 'wave' (Wave), which makes it, is not run here\n" +
        'hint: give it with --shape BLOB=1x3x5x5, or the layer itself with --layers FILE.ts\n',
    );
  });
});

test('forward refuses such a net: there is nothing to step over it with', async () => {
  const words = ['-w', at('net.caffemodel'), '-i', `data=${at('x.npy')}`, '-o', at('out')];
  const { code, stderr } = await netspec('forward', at('net.prototxt'), ...words);
  expect(code).toBe(2);
  expect(stderr).toMatch(/hint: give layer types of your own with --layers FILE.ts\n$/);
});

describe('--shape', () => {
  test('gives an input another size', async () => {
    const { stdout } = await netspec('inspect', at('net.prototxt'), '--shape', 'data=2x3x12x10');
    expect(stdout).toMatch(/^c1 +Convolution +2x4x12x10 /m);
  });

  test.each([
    ['c1=1x4x6x5', "the shape of 'c1' cannot be given: its layer 'c1' (Convolution) makes it"],
    ['wvae=1x4x6x5', "the net has no blob 'wvae', whose shape is given"],
    ['wave=1x0x6x5', "--shape expects NAME=1x3x224x224, got 'wave=1x0x6x5'"],
    ['wave', "--shape expects NAME=1x3x224x224, got 'wave'"],
    ['wave=99999x99999', '--shape wave: a blob has fewer than 2^31 values'],
  ])('%s is refused', async (word, reason) => {
    const { code, stderr } = await netspec('inspect', at('net.prototxt'), '--shape', word);
    expect(code).toBe(2);
    expect(stderr.split('\n')[0]).toBe(`netspec: ${reason}`);
  });
});

test('a misspelt type is no layer to step over', async () => {
  writeFileSync(at('typo.prototxt'), NET.replace('"Convolution"', '"Convolutoin"'));
  const { code, stderr } = await netspec('inspect', at('typo.prototxt'));
  expect(code).toBe(2);
  expect(stderr).toMatch(/Unknown layer type: Convolutoin\nhint: did you mean 'Convolution'\?\n$/);
});

test('Net.load: stepOver open builds shapes only', async () => {
  await expect(Net.load(NET, { stepOver: 'open' })).rejects.toThrow(NetspecError);
  const net = await Net.load(NET, { stepOver: 'open', shapesOnly: true });
  expect([...net.unshaped]).toEqual(expect.arrayContaining(['wave', 'sum', 'out']));
  expect(net.missingShapes).toEqual(['wave']);
  expect(net.steppedOver.map(({ name }) => name)).toEqual(['wave', 'wave2', 'post']);
  net.dispose();
});

test("a trained detector's losses have a shape", async () => {
  const { code, stdout } = await netspec('inspect', fixture('forks', 'training.prototxt'), '--shape', 'data=2x3x8x8');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^loss +SmoothL1Loss +scalar/m);
});

test("a V1 type of a fork's own is stepped over by the name of its enum", async () => {
  writeFileSync(at('video.prototxt'), 'layer { name: "v" type: "VIDEO_DATA" top: "v" }');
  const { code, stdout } = await netspec('inspect', at('video.prototxt'), '--shape', 'v=1x3x8x8');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^v +VIDEO_DATA +1x3x8x8$/m);
});
