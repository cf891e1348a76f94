/** Packing as users meet it: the situations of test/fixtures/cases, from the command line to values that agree. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CaffemodelReader, formatNpy, readNpyFile, type RuleFile } from '../../src/node.js';
import { dict, pickleOf, tensor } from '../support/pickle-bytes.js';
import { zipOf } from '../support/zip-bytes.js';
import { fixture, netspec, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);
const inCase = (name: string) => (file: string) => fixture('cases', name, file);

/** A prototxt of a case with something replaced, in the temporary folder. */
function edited(file: string, from: string | RegExp, to: string): string {
  const text = readFileSync(file, 'utf8');
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  const copy = at('edited.prototxt');
  writeFileSync(copy, changed);
  return copy;
}

/**
 * The largest difference between one output of a net and a file, in units of the file's largest value. float32 rounds by
 * 6e-8 of a value; a few layers of sums of some hundred terms stay below 1e-5 of the largest.
 */
async function difference(net: string, weights: string, input: string, blob: string, want: string): Promise<number> {
  const out = at('out');
  expect(await netspec('forward', net, '-w', weights, '-i', input, '-o', out)).toMatchObject({ code: 0 });
  const [got, wanted] = await Promise.all([readNpyFile(path.join(out, `${blob}.npy`)), readNpyFile(want)]);
  expect(got.shape).toEqual(wanted.shape);
  const largest = Math.max(...wanted.data.map(Math.abs));
  return Math.max(...got.data.map((value, i) => Math.abs(value - wanted.data[i]!))) / largest;
}

describe('shapes that do not fit', () => {
  const ceil = inCase('ceil-fc');
  const pack = (...words: string[]) =>
    netspec('pack-weights', ceil('net.prototxt'), '--from', ceil('m.pth'), '-o', at('ceil.caffemodel'), ...words);
  const reads =
    "shape mismatch. Source param shape is 10 392 (3920); target param shape is 10 512 (5120); the source is tensor 'fc.weight'; " +
    "it reads 8x8x8 of 'pool2', the source's 392 columns are 8 x 7 x 7";
  const rounding =
    "hint: Caffe's Pooling rounds sizes up, PyTorch's rounds down. With round_mode: FLOOR in pooling_param of 'pool1' and " +
    "'pool2' it reads 8x7x7. Caffe 1.0 has no round_mode: there, cut the last row and column off the outputs of 'pool1' " +
    "and 'pool2' with Slice layers (axis: 2, axis: 3)";

  test('an inner product behind poolings that round up: what it reads, and which poolings make it so', async () => {
    expect(await pack('--map', 'identity')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        `netspec: cannot pack net 'smallcls' from ${ceil('m.pth')} with name map 'identity': 1 problem\n` +
        `  layer 'fc' (InnerProduct), blob 0 (10x512): ${reads}\n    ${rounding}\n` +
        'hint: --skip-mismatched leaves out fc and packs the rest\n',
    });
  });

  test('what the hint says is so: with it the net packs', async () => {
    const net = edited(ceil('net.prototxt'), /stride: 2 }/g, 'stride: 2 round_mode: FLOOR }');
    expect(await netspec('pack-weights', net, '--from', ceil('m.pth'), '--dry-run')).toMatchObject({ code: 0 });
    const half = edited(ceil('net.prototxt'), /stride: 2 }/, 'stride: 2 round_mode: FLOOR }');
    const { code, stderr } = await netspec('pack-weights', half, '--from', ceil('m.pth'), '--dry-run');
    expect(code).toBe(2);
    expect(stderr).toContain("With round_mode: FLOOR in pooling_param of 'pool2' it reads 8x7x7.");
  });

  test('--skip-mismatched packs the rest and lists what it leaves out', async () => {
    const { code, stdout, stderr } = await pack('--skip-mismatched');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      'arrays matched by --map identity\n' +
        `parameters: 4 blobs filled from ${ceil('m.pth')}, 0 left unfilled\n` +
        'sources: 4 of 6 arrays used, 0 unused\n' +
        '808 parameters, 3.56 kB\n' +
        "1 layer is left out and will have its filler's values\n" +
        `left out: fc (InnerProduct), blob 0 (10x512): ${reads}\n  ${rounding}\n` +
        `wrote ${at('ceil.caffemodel')}\n`,
    );
    // The net as PyTorch runs it gives the references; verify then leads to the pooling, though the weights lack a layer.
    const right = edited(ceil('net.prototxt'), /stride: 2 }/g, 'stride: 2 round_mode: FLOOR }');
    const weights = at('right.caffemodel');
    expect(await netspec('pack-weights', right, '--from', ceil('m.pth'), '-o', weights)).toMatchObject({ code: 0 });
    const input = at('ceil-x.npy');
    const values = Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => Math.sin(i));
    writeFileSync(input, formatNpy([1, 3, 32, 32], values));
    const refs = at('ceil-ref');
    const feed = ['-w', weights, '-i', `data=${input}`];
    expect(await netspec('forward', right, ...feed, '-o', refs, '--blobs', 'all')).toMatchObject({ code: 0 });
    const verify = (net: string) =>
      netspec('verify', net, '-w', at('ceil.caffemodel'), '-i', `data=${input}`, '-r', refs, '--map', 'blobs');
    const found = await verify(ceil('net.prototxt'));
    expect([found.code, found.stderr]).toEqual([
      1,
      `warning: not in ${at('ceil.caffemodel')}, left at filler values: fc\n`,
    ]);
    expect(found.stdout).toContain('1. pooling-window at pool1 (Pooling): pad: 0, round_mode: FLOOR');
    // Where only the layer differs that has no weights, that is what there is to say.
    expect(await verify(right)).toEqual({
      code: 2,
      stdout: '',
      stderr:
        "netspec: the weights have nothing for 'fc'\n" +
        'hint: the parameters would keep the values of their fillers; without strict they do\n' +
        'hint: --no-strict runs the net all the same\n',
    });
    const json = await pack('--skip-mismatched', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ mismatched: [{ layer: 'fc', blob: 0, shape: [10, 512] }] });
  });

  test('another number of classes', async () => {
    const surgery = inCase('surgery');
    const words = [
      'pack-weights',
      surgery('newcls.prototxt'),
      '--map',
      'identity',
      '--from',
      surgery('old.caffemodel'),
    ];
    const refused = await netspec(...words, '--allow-unused', '--allow-unfilled', '--dry-run');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      "\n  layer 'cls' (InnerProduct), blob 0 (9x16): shape mismatch. Source param shape is 21 16 (336); target param shape " +
        "is 9 16 (144); the source is tensor 'cls.weight'; the source has 21 outputs, num_output is 9\n",
    );
    expect(refused.stderr).toContain('\nhint: --skip-mismatched leaves out cls and packs the rest\n');
    const packed = await netspec(...words, '--skip-mismatched', '-o', at('new.caffemodel'));
    expect(packed).toMatchObject({ code: 0, stderr: '' });
    expect(packed.stdout).toContain('\nleft out: cls (InnerProduct), blob 1 (9): ');
    const inspected = await netspec('inspect', at('new.caffemodel'), '--json');
    expect(inspected.stdout).not.toContain('"cls"');
  });

  test.each([
    ['prelu1', 'one slope for all channels, as nn.PReLU() has: write prelu_param { channel_shared: true }'],
    ['prelu2', '6 slopes, one for each channel: remove channel_shared: true'],
  ])('slopes of %s', async (name, hint) => {
    const prelu = inCase('prelu');
    const shared = edited(
      prelu('net.prototxt'),
      `name: "${name}" type: "PReLU"`,
      `name: "${name}" type: "PReLU" prelu_param { channel_shared: true }`,
    );
    const net = name === 'prelu1' ? prelu('net.prototxt') : shared;
    const { code, stderr } = await netspec('pack-weights', net, '--from', prelu('m.pth'), '--dry-run');
    expect(code).toBe(2);
    expect(stderr).toContain(`\n    hint: the source has ${hint}\n`);
    if (name === 'prelu2') return;
    const weights = at('prelu.caffemodel');
    expect(await netspec('pack-weights', shared, '--from', prelu('m.pth'), '-o', weights)).toMatchObject({ code: 0 });
    const verified = await netspec('verify', shared, '-w', weights, '-i', `data=${prelu('x.npy')}`, '-r', prelu('ref'));
    expect(verified).toMatchObject({ code: 0 });
  });
});

describe('map', () => {
  test('from a caffemodel: BatchNorm and Scale onto their likes', async () => {
    const ssd = inCase('ssd-merge');
    const { code, stdout, stderr } = await netspec('map', ssd('trunk.prototxt'), '--from', ssd('trunk.caffemodel'));
    expect({ code, stderr: stderr.split('\n')[0] }).toEqual({
      code: 0,
      stderr: 'matched: 6, of which 6 by name, 0 by shape alone, 0 by pattern, 0 unsure',
    });
    expect((JSON.parse(stdout) as RuleFile).rules).toContainEqual({ layer: 'conv0/bn', module: 'conv0/bn' });
    writeFileSync(at('trunk.json'), stdout);
    const words = ['--from', ssd('trunk.caffemodel'), '-o', at('trunk.caffemodel')];
    const packed = await netspec('pack-weights', ssd('trunk.prototxt'), '--map', at('trunk.json'), ...words);
    expect(packed).toMatchObject({ code: 0, stderr: '' });
  });

  test('from a caffemodel onto a net without normalizations: all four arrays, and the eps of the file', async () => {
    const ssd = inCase('ssd-merge');
    const [net, trunk] = [ssd('deploy_nobn.prototxt'), ssd('trunk.caffemodel')];
    const { code, stdout } = await netspec('map', net, '--from', trunk);
    expect(code).toBe(0);
    const rules = JSON.parse(stdout) as RuleFile;
    expect(rules).toEqual({
      notes: [
        `proposed for ${trunk}: check it, then change what is wrong`,
        `batchNormEps is the eps of the BatchNorm layers in ${trunk}`,
      ],
      batchNormEps: 1e-5,
      rules: [
        { layer: 'conv0', module: 'conv0', batchNorm: 'conv0/scale', statistics: 'conv0/bn' },
        { layer: 'conv1/dw', module: 'conv1/dw', batchNorm: 'conv1/dw/scale', statistics: 'conv1/dw/bn' },
        { layer: 'mbox_loc', module: 'mbox_loc' },
      ],
    });
    writeFileSync(at('merged.json'), stdout);
    const merged = at('merged.caffemodel');
    const words = ['--map', at('merged.json'), '--from', trunk, '-o', merged, '--allow-unused'];
    expect(await netspec('pack-weights', net, ...words)).toMatchObject({ code: 0, stderr: '' });
    const input = `data=${ssd('x.npy')}`;
    expect(await difference(net, merged, input, 'mbox_loc', ssd('want/mbox_loc.npy'))).toBeLessThan(1e-5);
    const against = ['--against', ssd('trunk.prototxt'), trunk];
    expect(await netspec('verify', net, '-w', merged, '-i', input, ...against)).toMatchObject({ code: 0 });
  });

  test('layers of one name in two phases', async () => {
    const pair = inCase('phase-pair');
    const { code, stdout, stderr } = await netspec('map', pair('net.prototxt'), '--from', pair('w'));
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr:
        'matched: 5, of which 5 by name, 0 by shape alone, 0 by pattern, 0 unsure\n' +
        'unused: mbox_conf.bias (9)\nunused: mbox_conf.weight (9x8x1x1)\n',
    });
    expect((JSON.parse(stdout) as RuleFile).rules).toHaveLength(7);
  });

  test("PyTorch's LSTM", async () => {
    const lstm = inCase('lstm');
    const { code, stdout } = await netspec('map', lstm('net.prototxt'), '--from', lstm('m.pth'));
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as RuleFile).rules).toContainEqual({ layer: 'lstm', module: 'lstm' });
  });

  test('a layer that its namesake does not fit', async () => {
    const ceil = inCase('ceil-fc');
    const { code, stderr } = await netspec('map', ceil('net.prototxt'), '--from', ceil('m.pth'));
    expect(code).toBe(1);
    expect(stderr).toContain("\ndoes not fit: layer 'fc' (InnerProduct), blob 0 (10x512): shape mismatch.");
    expect(stderr).toContain("With round_mode: FLOOR in pooling_param of 'pool1' and 'pool2' it reads 8x7x7.");
  });
});

test('a fourth input channel by the step pad', async () => {
  const surgery = inCase('surgery');
  const [net, weights] = [surgery('rgbd.prototxt'), at('rgbd.caffemodel')];
  const words = ['--map', surgery('map_pad.json'), '--from', surgery('old.caffemodel'), '-o', weights];
  expect(await netspec('pack-weights', net, ...words)).toMatchObject({ code: 0, stderr: '' });
  const input = `data=${surgery('x4.npy')}`;
  expect(await difference(net, weights, input, 'cls', surgery('want/cls.npy'))).toBeLessThan(1e-5);
});

test('layers of one name in two phases are one layer', async () => {
  const pair = inCase('phase-pair');
  const [net, weights] = [pair('net.prototxt'), at('pair.caffemodel')];
  const words = ['pack-weights', '--map', 'identity', '--from', pair('w'), '--allow-unused'];
  expect(await netspec(...words, net, '-o', weights)).toMatchObject({ code: 0, stderr: '' });
  const input = `data=${pair('x.npy')}`;
  expect(await difference(net, weights, input, 'mbox_loc', pair('want/mbox_loc.npy'))).toBeLessThan(1e-5);
  expect(await netspec(...words, net, '--phase', 'TRAIN', '--dry-run')).toMatchObject({ code: 0, stderr: '' });
  const same = edited(net, 'include { phase: TRAIN }', 'include { phase: TEST }');
  expect((await netspec(...words, same, '--dry-run')).stderr).toContain(
    "layer 'conv0/bn' (BatchNorm): a second layer of this name; weights are copied by name, and only the first would get them",
  );
});

test("PyTorch's LSTM packs without a rule file", async () => {
  const lstm = inCase('lstm');
  const [net, weights] = [lstm('net.prototxt'), at('lstm.caffemodel')];
  const packed = await netspec('pack-weights', net, '--from', lstm('m.pth'), '-v', '-o', weights);
  expect(packed).toMatchObject({ code: 0, stderr: '' });
  expect(packed.stdout).toContain('lstm.bias_ih_l0, lstm.bias_hh_l0 (sum, blocks 0,1,3,2 of axis 0)');
  const inputs = ['-i', `data=${lstm('x.npy')}`, '-i', `cont=${lstm('cont.npy')}`];
  expect(await netspec('verify', net, '-w', weights, ...inputs, '-r', lstm('ref'))).toMatchObject({ code: 0 });
});

test('a BatchNorm that normalizes by each batch needs no statistics', async () => {
  const norm = inCase('instance-norm');
  const [net, weights] = [norm('right.prototxt'), at('norm.caffemodel')];
  const packed = await netspec('pack-weights', net, '--map', 'identity', '--from', norm('w'), '-o', weights);
  expect(packed).toMatchObject({ code: 0, stderr: '' });
  const verified = await netspec('verify', net, '-w', weights, '-i', `data=${norm('x.npy')}`, '-r', norm('ref'));
  expect(verified).toMatchObject({ code: 0 });
});

test('negative variances are remarked on', async () => {
  const nan = inCase('bn-nan');
  const w = at('w');
  cpSync(nan('w'), w, { recursive: true });
  cpSync(path.join(w, 'bn1.running_mean.npy'), path.join(w, 'bn1.running_var.npy'));
  const mean = await readNpyFile(path.join(w, 'bn1.running_mean.npy'));
  const negative = mean.data.filter((value) => value < -1e-5).length;
  expect(negative).toBeGreaterThan(0);
  const warning = `variances of LAYER are negative, from bn1.running_var: its outputs will be NaN; are mean and variance exchanged?`;
  const words = ['--from', w, '-o', at('nan.caffemodel')];
  const pair = await netspec('pack-weights', nan('net.prototxt'), '--map', 'identity', ...words);
  expect(pair).toMatchObject({ code: 0, stderr: '' });
  expect(pair.stdout).toContain(`\nwarning: ${negative} of ${mean.data.length} ${warning.replace('LAYER', 'bn1')}\n`);
});

test('PixelShuffle as a Deconvolution whose kernels a rule names', async () => {
  const shuffle = inCase('pixel-shuffle');
  const [net, weights, map] = [shuffle('deconv.prototxt'), at('ps.caffemodel'), at('ps.json')];
  writeFileSync(map, '{ "extends": "identity", "rules": [{ "layer": "ps", "blob": 0, "pixelShuffle": 2 }] }');
  const words = ['--from', shuffle('m.pth'), '--map', map, '-o', weights];
  const { code, stderr } = await netspec(
    'pack-weights',
    net,
    '--from',
    shuffle('m.pth'),
    '--map',
    'identity',
    '-o',
    weights,
  );
  expect(code).toBe(2);
  expect(stderr).toContain(
    'hint: where the layer stands for PixelShuffle(2) it has no weights in the source: a rule makes its kernels, ' +
      '{ "layer": "ps", "blob": 0, "pixelShuffle": 2 }\n',
  );
  expect(await netspec('pack-weights', net, ...words)).toMatchObject({ code: 0, stderr: '' });
  const verified = await netspec('verify', net, '-w', weights, '-i', `data=${shuffle('x.npy')}`, '-r', shuffle('ref'));
  expect(verified).toMatchObject({ code: 0 });
});

describe('--half', () => {
  const half = inCase('fp16');
  const pack = (from: string, to: string) =>
    netspec('pack-weights', half('net.prototxt'), '--map', 'identity', '--from', from, '-o', to, '--half');

  test("the blobs are those of NVIDIA's Caffe, byte for byte, and the net computes what OpenCV does with them", async () => {
    const small = at('small.caffemodel');
    const { code, stdout } = await pack(half('net.caffemodel'), small);
    expect(code).toBe(0);
    const bytes = readFileSync(small);
    expect(stdout).toContain(`5205 parameters, ${(bytes.length / 1000).toFixed(1)} kB`);
    expect(bytes.length / readFileSync(half('net.caffemodel')).length).toBeLessThan(0.52);
    const theirs = readFileSync(half('half.caffemodel'));
    const reader = await CaffemodelReader.open(theirs);
    for (const { blobs } of reader.layers)
      for (const { offset, count } of blobs) {
        // The message begins with its shape and the type; the values are its last bytes.
        const message = theirs.subarray(offset, offset + 2 * count);
        expect(bytes.includes(message)).toBe(true);
      }
    const input = `data=${half('x.npy')}`;
    // Half precision has 11 bits: each weight is off by 2^-12 of itself at most, the same in both files.
    expect(await difference(half('net.prototxt'), small, input, 'cls', half('want/cls.npy'))).toBeLessThan(1e-5);
  });

  test('values beyond its range are remarked on', async () => {
    const arrays = at('large');
    cpSync(inCase('bn-nan')('w'), arrays, { recursive: true });
    const { data } = await readNpyFile(path.join(arrays, 'conv1.bias.npy'));
    const large = Float32Array.from(data, (value, i) => (i === 0 ? 1e5 : i === 1 ? 1e-9 : value));
    writeFileSync(path.join(arrays, 'conv1.bias.npy'), formatNpy([data.length], large));
    const net = inCase('bn-nan')('net.prototxt');
    const words = ['--map', 'identity', '--from', arrays, '-o', at('large.caffemodel'), '--half'];
    const { code, stdout } = await netspec('pack-weights', net, ...words);
    expect(code).toBe(0);
    expect(stdout).toContain(
      '\nwarning: blob 1 of conv1: 1 beyond half precision (65504), now infinite\n' +
        'note: 1 too small for half precision (below 3e-8), now 0\n',
    );
  });
});

test('--entry chooses among the models of a checkpoint, and is offered', async () => {
  const file = at('ema.pth');
  const values = new Uint8Array(Float32Array.from({ length: 8 }, (_, i) => i).buffer);
  const state = (offset: number) =>
    dict({ 'fc.weight': tensor('0', 8, [1, 2], [2, 1], offset), 'fc.bias': tensor('0', 8, [1], [1], offset) });
  const saved = pickleOf(dict({ model: state(0), ema: state(4) }));
  writeFileSync(file, zipOf({ name: 'a/data.pkl', data: saved }, { name: 'a/data/0', data: values }));
  const net = at('entry.prototxt');
  writeFileSync(
    net,
    'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }' +
      'layer { name: "fc" type: "InnerProduct" bottom: "x" top: "fc" inner_product_param { num_output: 1 } }',
  );
  const offer = 'the file holds several models: choose one with --entry: model (2 tensors), ema (2 tensors)\n';
  const refused = await netspec('pack-weights', net, '--from', file, '--dry-run');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(`\nhint: ${offer}`);
  const packed = await netspec('pack-weights', net, '--from', file, '--entry', 'ema', '-o', at('ema.caffemodel'));
  expect(packed).toMatchObject({ code: 0, stderr: '' });
  const reader = await CaffemodelReader.open(readFileSync(at('ema.caffemodel')));
  expect(Array.from(await reader.readBlob(1, 0))).toEqual([4, 5]);
  expect(await netspec('map', net, '--from', file, '--entry', 'model')).toMatchObject({ code: 0 });
  const extracted = await netspec('extract', file, '--all', '--entry', 'ema', '-o', at('ema.npz'), '--json');
  expect(JSON.parse(extracted.stdout)).toMatchObject({ tensors: [{ name: 'fc.weight' }, { name: 'fc.bias' }] });
});
