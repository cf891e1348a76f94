/** What the lint says nothing about: nets without mistakes, and what forks have that BVLC's Caffe has not. */
import { describe, expect, test } from '@jest/globals';
import { lint } from '../../src/lint/index.js';
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
  expect(await found(net)).toContain(
    "does-not-build: Built for the phase TEST: Unknown bottom blob 'data' (layer 'relu', bottom index 0)",
  );
});
