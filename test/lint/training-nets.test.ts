/** What the lint says of nets that are trained, and of nets as they were written for the Caffes of their time. */
import { describe, expect, test } from '@jest/globals';
import { fixNet, lint } from '../../src/lint/index.js';

const DATA = `layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN } data_param { source: "x" } }
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TEST } data_param { source: "y" } }
`;
const LOSS = 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }\n';
const INPUTS = `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 1 } } }
`;
const FC = (bottom: string) =>
  `layer { name: "fc" type: "InnerProduct" bottom: "${bottom}" top: "fc" inner_product_param { num_output: 2 } }\n`;

const found = async (text: string, rule: string) =>
  (await lint(text, { rules: [rule] })).map(({ severity, message, layer, line }) => ({
    severity,
    message,
    layer: layer?.name,
    line,
  }));

describe('training-layer-in-deploy', () => {
  test('a net whose results are losses is taken for one that a program trains', async () => {
    expect(await found(INPUTS + FC('data') + LOSS, 'training-layer-in-deploy')).toEqual([
      {
        severity: 'note',
        layer: 'loss',
        line: 4,
        message: 'The net gives losses and nothing else, as one does that is trained with labels from a program.',
      },
    ]);
  });

  test('a loss beside results is part of training', async () => {
    const prob = 'layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }\n';
    expect(await found(INPUTS + FC('data') + LOSS + prob, 'training-layer-in-deploy')).toMatchObject([
      { severity: 'warning', layer: 'label' },
      { severity: 'warning', layer: 'loss' },
    ]);
  });
});

describe('batch-norm-statistics', () => {
  const bn = (setting: string) =>
    `layer { name: "bn" type: "BatchNorm" bottom: "data" top: "bn" batch_norm_param { ${setting} } }\n`;

  test('where the net is trained too, --fix leaves the statistics to the phase', async () => {
    const { text } = await fixNet(DATA + bn('use_global_stats: false') + FC('bn') + LOSS);
    expect(text).not.toContain('use_global_stats');
    expect(text).not.toContain('batch_norm_param');
  });

  test('other settings stay', async () => {
    const { text } = await fixNet(DATA + bn('use_global_stats: false eps: 0.001') + FC('bn') + LOSS);
    expect(text).toMatch(/batch_norm_param \{\s*eps: 0\.001\s*\}/);
  });

  test('where it is deployed, --fix names the stored ones', async () => {
    const { text } = await fixNet(INPUTS + bn('use_global_stats: false'));
    expect(text).toContain('use_global_stats: true');
  });
});

describe('batch-norm-without-scale', () => {
  const bn = (param = '') => `layer { name: "bn" type: "BatchNorm" bottom: "data" top: "bn" ${param} }\n`;
  const SCALE = 'layer { name: "scale" type: "Scale" bottom: "cat" top: "scale" scale_param { bias_term: true } }\n';
  const POWER = 'layer { name: "cat" type: "Power" bottom: "bn" top: "cat" power_param { power: 2 } }\n';
  const CRELU =
    'layer { name: "minus" type: "Power" bottom: "bn" top: "minus" power_param { scale: -1 } }\n' +
    'layer { name: "cat" type: "Concat" bottom: "bn" bottom: "minus" top: "cat" }\n' +
    SCALE;
  const [input] = INPUTS.split('\n') as [string];

  test.each([
    ['x and −x side by side, then a Scale', input + bn() + CRELU],
    ['NVIDIA’s, by a filler', `${input}${bn('batch_norm_param { scale_filler { value: 1 } }')}`],
    ['NVIDIA’s, by a field', `${input}${bn('batch_norm_param { scale_bias: true }')}`],
    ['Intel’s, by the layer’s engine', `${input}${bn('batch_norm_param { engine: MKL2017 }')}`],
    ['Intel’s, by the net’s engine', `engine: "MKLDNN"\n${input}${bn()}`],
    ['a layer with weights, which are trained', DATA + bn() + FC('bn') + LOSS],
  ])('nothing is missing: %s', async (_, net) => {
    expect(await found(net, 'batch-norm-without-scale')).toEqual([]);
  });

  test.each([
    ['a layer that is not linear is between', input + bn() + POWER + SCALE],
    ['Intel’s without it', `${input}${bn('batch_norm_param { engine: MKL2017 use_weight_bias: false }')}`],
    ['a layer whose weights a port brings', input + bn() + FC('bn')],
    [
      'ReLU, also where the net is trained',
      `${DATA}${bn()}layer { name: "r" type: "ReLU" bottom: "bn" top: "r" }\n${FC('r')}${LOSS}`,
    ],
  ])('the factor is missing: %s', async (_, net) => {
    expect(await found(net, 'batch-norm-without-scale')).toMatchObject([{ severity: 'note', layer: 'bn' }]);
  });
});

describe('deprecated-format', () => {
  test('names the fields of inputs, and their line', async () => {
    const net = 'name: "x"\ninput: "data"\ninput_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n' + FC('data');
    expect(await found(net, 'deprecated-format')).toEqual([
      {
        severity: 'note',
        line: 2,
        layer: undefined,
        message:
          "The net declares 'data' by the fields input and input_dim. Caffe makes an Input layer of them; readers of today's format " +
          'alone may not.',
      },
    ]);
  });

  test('a Caffe without Input layers has no other form', async () => {
    const net =
      'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n' +
      'layer { name: "bn" type: "BN" bottom: "data" top: "bn" bn_param { frozen: true } }\n';
    expect((await found(net, 'deprecated-format'))[0]!.message).toContain('its own Caffe has no Input layers');
  });

  test('names each old layer format, and the line of the first layer', async () => {
    const v1 = 'name: "x"\nlayers { name: "relu" type: RELU bottom: "data" top: "relu" }\n';
    expect(await found(v1, 'deprecated-format')).toMatchObject([{ severity: 'warning', line: 2 }]);
    const v0 =
      'input: "data" input_dim: 1 input_dim: 1 input_dim: 2 input_dim: 2\nlayers { layer { name: "relu" type: "relu" } bottom: "data" top: "relu" }\n';
    expect((await found(v0, 'deprecated-format'))[0]!.message).toContain('2013 (V0');
  });

  test('a Caffe of its time reads no other format', async () => {
    const net =
      'layers { name: "up" type: UNPOOLING bottom: "x" bottom: "m" top: "y" unpooling_param { kernel_size: 2 } }\n';
    expect((await found(net, 'deprecated-format'))[0]!.message).toContain('the only one that its own Caffe reads');
  });

  test('the first form of BatchNorm is a note at its layer', async () => {
    const bn = (param: string) =>
      `layer { name: "bn" type: "BatchNorm" bottom: "data" top: "bn" ${`param { ${param} } `.repeat(3)} }`;
    expect(await found(INPUTS + bn('lr_mult: 0'), 'deprecated-format')).toEqual([]);
    expect(await found(INPUTS + bn('lr_mult: 1 decay_mult: 0'), 'deprecated-format')).toEqual([
      {
        severity: 'note',
        layer: 'bn',
        line: 3,
        message:
          'Its three param messages would train the mean, the variance and their factor. Caffe sets lr_mult and decay_mult of all ' +
          'three to 0 as it reads the net.',
      },
    ]);
  });
});

describe('nets of their time build', () => {
  test('`enable`, as include was called before it was released, chooses between two data layers', async () => {
    const layer = (phase: string, source: string) =>
      `layers { name: "data" type: DATA top: "data" data_param { source: "${source}" } enable { phase: ${phase} } }\n`;
    const net =
      layer('TRAIN', 'a') + layer('TEST', 'b') + 'layers { name: "relu" type: RELU bottom: "data" top: "relu" }';
    expect((await lint(net, { rules: ['does-not-build', 'duplicate-name'] })).map(({ severity }) => severity)).toEqual([
      'note',
    ]);
  });

  test('CROP of the first nets for segmentation is a layer that is not run, and no slip', async () => {
    const net = 'layers { name: "crop" type: CROP bottom: "a" bottom: "b" top: "c" }';
    const inputs = ['a', 'b'].map((name) => `input: "${name}" input_dim: 1 input_dim: 1 input_dim: 4 input_dim: 4\n`);
    const slip = inputs.join('') + 'layer { name: "crop" type: "CROP" bottom: "a" bottom: "b" top: "c" }';
    expect(await found(slip, 'does-not-build')).toMatchObject([
      { severity: 'error', message: 'Unknown layer type: CROP' },
    ]);
    expect(await found(inputs.join('') + net, 'does-not-build')).toMatchObject([
      { severity: 'note', message: expect.stringMatching(/^Netspec does not know the layer type CROP: /) },
    ]);
  });
});
