/** Situations that users met, on the command line: files of test/fixtures/cases, what verify must say, and what it must not. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { compare, Net, readNpyFile } from '../../src/node.js';
import { applyPatch, hasProgram, patchedBy, runPython } from '../support/apply-patch.js';
import { netspec, fixture, temporaryFolder, type CliResult } from '../cli/support.js';

interface Json {
  ok: boolean;
  matched: number;
  references: number;
  causes: {
    id: string;
    layer: string;
    label: string;
    explanation: string;
    fix: string;
    fixPlace: string;
    numbers?: string;
  }[];
  tried: { at: string; id: string }[];
  layers: { label: string; name: string; ok: boolean | null; isolated: { ok: boolean | null } | null }[];
}

/** Runs `netspec verify` on files of a case. A word with a dot, or `ref` and what begins so, is a file. */
async function verify(name: string, words: string): Promise<CliResult & { json: Json }> {
  const args = words
    .split(' ')
    .map((word) =>
      word.replace(
        /^(\w+=)?([\w-]+\.[\w.]+|ref\w*)$/,
        (_, key: string | undefined, file: string) => `${key ?? ''}${fixture('cases', name, file)}`,
      ),
    );
  const result = await netspec('verify', ...args);
  const { stdout } = await netspec('verify', ...args, '--json');
  return { ...result, json: JSON.parse(stdout) as Json };
}

const folder = temporaryFolder();

describe('a right port', () => {
  test.each([
    ['bn-scale-pair', 'net.prototxt -w net.caffemodel -i data=x.npy -r ref', 'bn1 + bn1_scale'],
    ['bn-scale-pair', 'net.prototxt -w net.caffemodel -i data=x.npy -r ref --map map.json', 'bn1 + bn1_scale'],
    [
      'bn-scale-pair',
      'net.prototxt -w net.caffemodel -i data=x.npy -r ref --map torchvision-resnet',
      'bn1 + bn1_scale',
    ],
    ['upsample-bilinear', 'byhand.prototxt -w byhand.caffemodel -i data=x.npy -r ref', 'up + up_border'],
    ['output-padding', 'fixed.prototxt -w fixed.caffemodel -i data=x.npy -r ref', 'dec1'],
    ['same-padding', 'fixed.prototxt -w fixed.caffemodel -i data=x.npy -r ref', 'Conv1'],
  ])('%s: %s', async (name, words, row) => {
    const { code, stdout, json } = await verify(name, words);
    expect({ code, causes: json.causes, tried: json.tried }).toEqual({ code: 0, causes: [], tried: [] });
    expect(stdout).toContain(`${json.references} of ${json.references} references matched`);
    expect(stdout).toContain('every matched layer agrees');
    expect(json.layers.map(({ label }) => label)).toContain(row);
  });

  test('packs by the identity map: the Scale takes weight and bias of the BatchNorm before it', async () => {
    cpSync(fixture('cases', 'bn-scale-pair'), folder, { recursive: true });
    const file = (name: string) => path.join(folder, name);
    const [net, weights] = [file('net.prototxt'), file('packed.caffemodel')];
    const packed = await netspec('pack-weights', net, '--map', 'identity', '--from', file('m.pth'), '-o', weights);
    expect(packed).toMatchObject({ code: 0 });
    const { code } = await netspec('verify', net, '-w', weights, '-i', `data=${file('x.npy')}`, '-r', file('ref'));
    expect(code).toBe(0);
  });
});

describe('what is fed', () => {
  test('a layer that reads a reference of another shape is run in that shape', async () => {
    const { code, stdout, json } = await verify(
      'output-padding',
      'net.prototxt -w net.caffemodel -i data=x.npy -r ref',
    );
    expect(code).toBe(1);
    expect(stdout).toContain('fed the references of what they read, 1 of 2 layers diverge: dec1');
    expect(json.tried.filter(({ at }) => at === 'head')).toEqual([]);
  });
});

/** A copy of a case, which tests may change. */
function copyOf(name: string): (file: string) => string {
  const copy = path.join(folder, name);
  cpSync(fixture('cases', name), copy, { recursive: true });
  return (file) => path.join(copy, file);
}

const MENDED: readonly [name: string, id: string, layer: string, words?: string][] = [
  ['avgpool', 'pooling-divisor', 'pool1'],
  ['bn-missing', 'batch-norm-fold', 'bn1'],
  ['upsample-bilinear', 'upsampling', 'up'],
  ['round-mode', 'pooling-window', 'pool1'],
  ['round-mode', 'pooling-window', 'pool1', '--proto caffe-1.0.proto'],
];

describe.each(MENDED)('%s: %s at %s %s', (name, id, layer, words = '') => {
  const file = copyOf(name);
  const args = (net: string, weights: string) => [
    ...[file(net), '-w', file(weights), '-i', `data=${file('x.npy')}`, '-r', file('ref')],
    ...words.split(' ').flatMap((word) => (word === '' ? [] : [word.includes('.') ? file(word) : word])),
  ];

  test('is found, and its patches are taken by the file they name, with nothing fuzzy', async () => {
    const { stdout } = await netspec('verify', ...args('net.prototxt', 'net.caffemodel'), '--json');
    const { causes } = JSON.parse(stdout) as Json;
    expect(causes[0]).toMatchObject({ id, layer, fixPlace: 'prototxt' });
    const text = readFileSync(file('net.prototxt'), 'utf8');
    const patched = causes.reduce((before, { fix }) => applyPatch(before, fix), text);
    const joined = causes.map(({ fix }) => fix).join('');
    if (hasProgram('patch', '--version')) expect(patchedBy('patch', text, joined, 'net.prototxt')).toBe(patched);
    if (hasProgram('git', '--version')) expect(patchedBy('git', text, joined, 'net.prototxt')).toBe(patched);
    writeFileSync(file('patched.prototxt'), patched);
    const proto = words === '' ? [] : args('', '').slice(-2);
    expect((await netspec('inspect', file('patched.prototxt'), ...proto)).code).toBe(0);
  });

  test('is mended by --fix: the files that are written pass', async () => {
    const fixed = await netspec('verify', ...args('net.prototxt', 'net.caffemodel'), '--fix', file('fixed'));
    expect(fixed.code).toBe(0);
    expect(fixed.stdout).toContain(`mended: ${id} at ${layer}\n`);
    expect(fixed.stdout).toMatch(/every matched layer agrees\n$/);
    const written = args('fixed/net.prototxt', 'fixed/net.caffemodel');
    for (const map of ['auto', file('fixed/map.json')])
      expect((await netspec('verify', ...written, '--map', map)).code).toBe(0);
  });

  test('says what is newer than the tag 1.0, and edits in the schema in use', async () => {
    const { stdout } = await netspec('verify', ...args('net.prototxt', 'net.caffemodel'));
    const inTag = words !== '';
    const isNew = name === 'round-mode';
    expect(stdout.includes("round_mode came after Caffe's tag 1.0")).toBe(isNew && !inTag);
    expect(stdout.includes('a Slice behind the pooling that leaves out its last row and column')).toBe(isNew);
    expect(/^ *\+.*round_mode/m.test(stdout)).toBe(isNew && !inTag);
  });
});

describe('the numbers of a layer that a patch adds', () => {
  const hasNumpy = hasProgram('python3', '-c', 'import numpy');
  (hasNumpy ? test : test.skip).each([
    ['avgpool', 'pool1_divisor'],
    ['upsample-bilinear', 'up_border'],
  ])('are made by the lines of numpy that are printed: %s', async (name, layer) => {
    const file = copyOf(name);
    const args = [file('net.prototxt'), '-w', file('net.caffemodel'), '-i', `data=${file('x.npy')}`, '-r', file('ref')];
    const { stdout } = await netspec('verify', ...args, '--json', '--fix', file('fixed'));
    const { causes } = JSON.parse(stdout) as Json;
    runPython(causes[0]!.numbers!, file('.'));
    const { shape, data } = await readNpyFile(file(`${layer}_weight.npy`));
    const net = await Net.load(file('fixed/net.prototxt'), { weights: file('fixed/net.caffemodel') });
    const [blob] = net.params.get(layer)!;
    const error = compare(blob!.data, data, { rtol: 0, atol: 0 });
    net.dispose();
    expect(shape).toEqual(blob!.shape);
    // Sums of products of float32 against float64, both rounded once: a few units of 2^-24.
    expect(error.maxRel).toBeLessThan(8 * 2 ** -24);
  });
});

test('a patched net packs from the checkpoint with the map that netspec proposes, and passes', async () => {
  const file = copyOf('bn-missing');
  const data = ['-i', `data=${file('x.npy')}`, '-r', file('ref')];
  const { stdout } = await netspec('verify', file('net.prototxt'), '-w', file('net.caffemodel'), ...data, '--json');
  const [cause] = (JSON.parse(stdout) as Json).causes;
  writeFileSync(file('n.prototxt'), applyPatch(readFileSync(file('net.prototxt'), 'utf8'), cause!.fix));
  const map = await netspec('map', file('n.prototxt'), '--from', file('m.pth'));
  writeFileSync(file('m.json'), map.stdout);
  const packed = ['--map', file('m.json'), '--from', file('m.pth'), '-o', file('n.caffemodel')];
  expect((await netspec('pack-weights', file('n.prototxt'), ...packed)).code).toBe(0);
  expect((await netspec('verify', file('n.prototxt'), '-w', file('n.caffemodel'), ...data)).code).toBe(0);
});

describe('a story is told when its test holds', () => {
  test.each([
    ['bn-nan', 'net', 'batch-norm-arrays', 'bn1', 'mean and variance exchanged'],
    ['bn-nan', 'swapped', 'batch-norm-arrays', 'bn1', 'mean and variance exchanged, signs lost'],
    ['bn-nan', 'gamma', 'batch-norm-arrays', 'scale1', 'variance and gamma exchanged'],
    ['fix-gamma', 'net', 'gamma-not-applied', 'bn_data_scale', 'gamma is 1'],
    ['instance-norm', 'net', 'mvn', 'in1_mvn', 'eps: 0.00001 under the root'],
  ])('%s, %s.caffemodel: %s at %s, %s', async (name, weights, id, layer, label) => {
    const words = `net.prototxt -w ${weights}.caffemodel -i data=x.npy -r ref`;
    const { code, stdout, json } = await verify(name, words);
    expect({ code, count: json.causes.length }).toEqual({ code: 1, count: 1 });
    expect(json.causes[0]).toMatchObject({ id, layer, label });
    expect(stdout).not.toContain('lack');
    const args = words
      .split(' ')
      .map((word) =>
        word.replace(/(x\.npy|^ref$|^\w+\.(prototxt|caffemodel)$)/, (file) => fixture('cases', name, file)),
      );
    const fixed = await netspec('verify', ...args, '--fix', path.join(folder, `${name}-${weights}`));
    expect(fixed.code).toBe(0);
  });

  test('train-mode: the statistics of the batch, once for all layers', async () => {
    const { json } = await verify('train-mode', 'net.prototxt -w net.caffemodel -i data=x.npy -r ref');
    expect(json.causes[0]).toMatchObject({ id: 'batch-statistics', layer: 'bn1_stat', fixPlace: 'reference' });
    expect(json.causes[0]!.explanation).toContain('in train() and not in eval()');
  });

  test('bn-nan: the first NaN, and what it comes from', async () => {
    const { stdout } = await verify('bn-nan', 'net.prototxt -w net.caffemodel -i data=x.npy -r ref');
    expect(stdout).toContain(
      "bn1 (BatchNorm) is the first layer to give NaN: 64 of 320 values, the first at [0, 4, 0, 0] of 'bn1': " +
        'variance 4 of its blob 1 is -0.8753, and the root of a negative number is none (1 of 5 are negative)',
    );
  });

  test('keras: channels last is said once, then eps and the order of a flatten', async () => {
    const causes = async (references: string) =>
      (await verify('keras', `net.prototxt -w net.caffemodel -i data=x.npy -r ${references}`)).json.causes;
    const found = [
      { id: 'batch-norm-eps', layer: 'batch_normalization_1', label: 'eps: 0.001' },
      { id: 'flatten-order', layer: 'dense_1' },
    ];
    expect(await causes('ref_nchw')).toMatchObject(found);
    expect(await causes('ref_nhwc')).toMatchObject([{ id: 'reference-layout' }, ...found]);
  });
});

describe('no story is told that its test does not hold for', () => {
  test('train-mode: a Scale that holds folded statistics', async () => {
    const { code, stdout, json } = await verify(
      'train-mode',
      'scale.prototxt -w scale.caffemodel -i data=x.npy -r ref',
    );
    expect(code).toBe(1);
    const cause = json.causes.find(({ layer }) => layer === 'bn1')!;
    expect(cause.explanation).toMatch(/^a factor and an offset for each channel make it agree/);
    expect(cause.explanation).toContain('the model was in train()');
    expect(stdout).not.toMatch(/lack|is missing/);
  });

  test('train-mode: a BatchNorm and its Scale', async () => {
    const { code, stdout, json } = await verify('train-mode', 'net.prototxt -w net.caffemodel -i data=x.npy -r ref');
    expect(code).toBe(1);
    expect(json.causes.filter(({ fix }) => fix.includes('running_'))).toEqual([]);
    expect(stdout).not.toMatch(/lack|is missing/);
  });
});
