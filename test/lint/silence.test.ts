/** What the lint says nothing about: nets without mistakes, and what forks have that BVLC's Caffe has not. */
import { describe, expect, test } from '@jest/globals';
import { fixNet, lint } from '../../src/lint/index.js';
import { namedNets } from '../../src/nets/named-nets.js';

const INPUT =
  'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }\n';
const found = async (text: string) => (await lint(text)).map(({ rule, message }) => `${rule}: ${message}`);

// The published models have these biases: their weights would not fit without.
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  'cifar-resnet': Array.from({ length: 21 }, (_, i) => `bias-before-batch-norm Convolution${i + 1}`),
  crnn: ['cnn.conv2', 'cnn.conv4', 'cnn.conv6'].map((layer) => `bias-before-batch-norm ${layer}`),
};

test.each(namedNets)('nothing is found in $name', async ({ name, build }) => {
  const findings = await lint(build());
  expect(findings.map(({ rule, layer }) => `${rule} ${layer?.name ?? ''}`)).toEqual(KNOWN[name] ?? []);
});

test('nor in FCN-8s that upsamples each class by itself', async () => {
  const net = namedNets.find(({ name }) => name === 'fcn-8s')!.build({ grouped: true });
  expect(net.layer!.filter(({ convolution_param }) => convolution_param?.group === 21)).toHaveLength(3);
  expect(await lint(net)).toEqual([]);
});

describe('forks', () => {
  test('a BatchNorm that scales by itself needs no Scale', async () => {
    const net = (setting: string) =>
      `${INPUT}layer { name: "bn" type: "BatchNorm" bottom: "data" top: "bn" batch_norm_param { ${setting} } }`;
    expect(await found(net('scale_bias: true'))).toEqual([]);
    expect(await found(net('scale_bias: false'))).toEqual([
      expect.stringContaining('batch-norm-without-scale: ') as unknown,
    ]);
  });

  test('inputs of a Caffe without Input layers are inputs', async () => {
    const net =
      'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n' +
      'layer { name: "bn" type: "BN" bottom: "data" top: "bn" bn_param { frozen: true } }\n' +
      'layer { name: "up" type: "Interp" bottom: "bn" top: "up" interp_param { zoom_factor: 2 } }\n';
    expect(await found(net)).toEqual([expect.stringContaining('deprecated-format: ') as unknown]);
  });

  test('what another fork may take is a warning, and says whose rules were broken', async () => {
    const net = `${INPUT}layer { name: "p" type: "Permute" bottom: "data" top: "p" permute_param { order: 9 } }\n`;
    const [finding] = await lint(net);
    expect(finding).toMatchObject({ rule: 'does-not-build', severity: 'warning' });
    expect(finding!.message).toMatch(/\(by the rules of SSD\)$/);
  });
});

test('a constant beside data layers is no input', async () => {
  const constant =
    'layer { name: "zero" type: "DummyData" top: "zero" dummy_data_param { shape { dim: 1 dim: 1 } } }\n';
  const data = 'layer { name: "data" type: "ImageData" top: "data" top: "label" image_data_param { source: "x" } }\n';
  expect((await lint(data + constant)).map(({ rule }) => rule)).not.toContain('dummy-data-input');
});

test('a net of one phase is said to be built for the other', async () => {
  const net =
    'layer { name: "data" type: "DummyData" top: "data" include { phase: TRAIN } dummy_data_param { shape { dim: 1 } } }\n' +
    'layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" }\n';
  const input = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 } } }\n';
  expect(await found(input + net)).toContain(
    "does-not-build: Built for the phase TEST: Unknown bottom blob 'data' (layer 'relu', bottom index 0)",
  );
});

describe('notes, and no errors', () => {
  const relu = 'layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" }\n';
  const data = (rule: string) =>
    `layer { name: "data" type: "DummyData" top: "data" include { ${rule} } dummy_data_param { shape { dim: 1 } } }\n`;
  const notesOf = async (text: string) =>
    (await lint(text)).map(({ severity, rule, message }) => `${severity}: ${rule}: ${message}`);

  test('a net for training alone has no input in the phase TEST', async () => {
    expect(await notesOf(data('phase: TRAIN') + relu)).toContain(
      "note: does-not-build: In the phase TEST the net has no input: Unknown bottom blob 'data' (layer 'relu', bottom index 0). " +
        'Rules that need shapes are left out.',
    );
  });

  test('a net may be for stages that were not given', async () => {
    const input = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 } } }\n';
    expect(await notesOf(input + data('stage: "deploy"') + relu)).toContain(
      "note: does-not-build: The net is for stages that were not given: Unknown bottom blob 'data' (layer 'relu', bottom index 0). " +
        'Rules that need shapes are left out.',
    );
  });

  test('shapes behind a layer that is not run may be given', async () => {
    const net =
      'layer { name: "data" type: "Data" top: "data" data_param { source: "x" batch_size: 2 } }\n' +
      'layer { name: "pool" type: "Pooling" bottom: "data" top: "pool" pooling_param { kernel_size: 9 } }\n';
    expect(await lint(net)).toEqual([
      {
        rule: 'does-not-build',
        severity: 'note',
        message:
          'Data layers read an LMDB or LevelDB database: the shapes behind it are not known. Rules that need shapes are left out there.',
        hint: 'options.blobShapes data=1x3x224x224 gives a shape, with the sizes of your net',
        layer: { name: 'data', type: 'Data' },
        line: 1,
        column: 1,
      },
    ]);
    expect(await lint(net, { blobShapes: new Map([['data', [2, 3, 16, 16]]]) })).toEqual([]);
    expect(await lint(net, { blobShapes: new Map([['data', [2, 3, 4, 4]]]) })).toMatchObject([
      { rule: 'does-not-build', severity: 'error', layer: { name: 'pool' } },
    ]);
  });
});

test('a mistake beside a layer that is not run is found', async () => {
  const net = `layer { name: "x" type: "DummyData" top: "x" dummy_data_param { shape { dim: 1 dim: 3 } } }
    layer { name: "data" type: "Data" top: "y" data_param { source: "x" batch_size: 2 } }
    layer { name: "cut" type: "Slice" bottom: "x" top: "a" top: "b" slice_param { axis: 1 slice_point: 9 } }`;
  expect(await lint(net)).toMatchObject([{ rule: 'does-not-build', severity: 'error', layer: { name: 'cut' } }]);
});

test('parameters of layers whose shapes are not known are not called unused', async () => {
  const net =
    'layer { name: "data" type: "Data" top: "data" data_param { source: "x" batch_size: 2 } }\n' +
    'layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" param { lr_mult: 1 } convolution_param { num_output: 2 kernel_size: 1 } }\n' +
    'layer { name: "own" type: "Acme" bottom: "conv" top: "own" param { lr_mult: 1 } }\n';
  expect((await lint(net)).map(({ rule }) => rule)).toEqual(['does-not-build']);
});

test('a misspelt type is an error: Caffe refuses it', async () => {
  expect(await lint(`${INPUT}layer { name: "prob" type: "SoftMax" bottom: "data" top: "prob" }`)).toMatchObject([
    {
      rule: 'does-not-build',
      severity: 'error',
      message: 'Unknown layer type: SoftMax',
      hint: "did you mean 'Softmax'?",
    },
  ]);
});

test('a net of a Caffe that has no `layer` is looked at, and its edits stand without patches', async () => {
  // DeconvNet's fields, in the format of its time.
  const net = `layers { name: "data" type: DUMMY_DATA top: "data" dummy_data_param { num: 1 channels: 2 height: 4 width: 4 } }
    layers { name: "pool" type: POOLING bottom: "data" top: "pool" top: "mask" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
    layers { name: "up" type: UNPOOLING bottom: "pool" bottom: "mask" top: "up" unpooling_param { unpool: MAX kernel_size: 2 stride: 2 unpool_size: 4 } }`;
  const findings = await lint(net);
  expect(findings.map(({ rule }) => rule)).toContain('deprecated-format');
  expect((await fixNet(net)).text).toBe(net);
});
