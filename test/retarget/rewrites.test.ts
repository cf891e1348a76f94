/** Each rewrite has a net that it changes, which computes the same afterwards. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Target } from '../../src/lint/index.js';
import { retargetNet } from '../../src/retarget/index.js';
import { REWRITES } from '../../src/retarget/rewrites/index.js';
import { randomParameters } from '../optimize/support.js';
import { retarget } from './support.js';

const INPUT =
  'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 6 dim: 7 dim: 8 } } }\n';
const CONV =
  'layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 6 kernel_size: 3 } }\n';

const SETTINGS: Readonly<Record<string, string>> = {
  BN: 'bn_param { bn_mode: INFERENCE }',
  Power: 'power_param { scale: -2 shift: 0.5 }',
};

interface Case {
  rewrite: string;
  net: string;
  target: string | Target;
  /** Types of the layers that come of it; left out where the fields tell. */
  types?: string[];
  /** A part of the text. */
  text?: string;
}

const without = (...types: string[]): Target => ({
  name: 'mine',
  title: 'Mine',
  sources: { page: 'a page' },
  layers: { without: types, source: 'page' },
});

const one = (settings: string, name = 'x') =>
  `${INPUT}layer { name: "${name}" bottom: "data" top: "${name}" ${settings} }`;

const CASES: readonly Case[] = [
  {
    rewrite: 'two-values',
    net: one(
      'type: "Convolution" convolution_param { num_output: 4 kernel_size: 3 kernel_size: 5 pad: 1 pad: 2 stride: 2 }',
    ),
    target: 'tpu-mlir',
    text: 'kernel_h: 3\n    kernel_w: 5\n',
  },
  { rewrite: 'stored-statistics', net: one('type: "BatchNorm"'), target: 'ascend', text: 'use_global_stats: true' },
  {
    rewrite: 'positive-axis',
    net: `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 6 dim: 7 } } }
      layer { name: "x" type: "Softmax" bottom: "data" top: "x" softmax_param { axis: -1 } }`,
    target: 'ascend',
    text: 'axis: 2',
  },
  {
    rewrite: 'innermost-softmax',
    net: one('type: "Softmax"'),
    target: 'sigmastar',
    types: ['Permute', 'Softmax', 'Permute'],
  },
  {
    rewrite: 'innermost-softmax',
    net: `${INPUT}${CONV}layer { name: "x" type: "Softmax" bottom: "conv" top: "conv" softmax_param { axis: -2 } }`,
    target: 'sigmastar',
    types: ['Permute', 'Softmax', 'Permute'],
    text: 'order: 0\n    order: 1\n    order: 3\n    order: 2\n',
  },
  {
    rewrite: 'innermost-softmax',
    net: `${INPUT}layer { name: "pool" type: "Pooling" bottom: "data" top: "pool" pooling_param { pool: AVE global_pooling: true } }
      layer { name: "x" type: "Softmax" bottom: "pool" top: "x" }`,
    target: 'sigmastar',
    types: ['Reshape', 'Softmax', 'Reshape'],
  },
  {
    rewrite: 'own-tops',
    net: `${INPUT.replace('dim: 2', 'dim: 1')}${CONV}
      layer { name: "f" type: "Input" top: "f" input_param { shape { dim: 1 dim: 6 } } }
      layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
      layer { name: "x" type: "Scale" bottom: "conv" bottom: "f" top: "conv" scale_param { axis: 0 } }`,
    target: 'ncnn',
    types: ['Scale'],
    text: 'top: "conv/before_x"',
  },
  {
    rewrite: 'depthwise',
    net: one('type: "ConvolutionDepthwise" convolution_param { num_output: 6 kernel_size: 3 pad: 1 stride: 1 }'),
    target: 'ascend',
    types: ['Convolution'],
    text: 'group: 6',
  },
  {
    rewrite: 'upsample-stride',
    net: one('type: "Upsample" upsample_param { scale: 2 }'),
    target: 'ascend',
    text: 'scale: 1\n    stride: 2',
  },
  {
    rewrite: 'dummy-data',
    net: `layer { name: "x" type: "DummyData" top: "x" top: "x1" dummy_data_param { num: 2 channels: 3 height: 4 width: 5 } }
      layer { name: "y" type: "DummyData" top: "y" dummy_data_param { shape { dim: 2 dim: 3 dim: 4 dim: 5 } data_filler { value: 7 } } }
      layer { name: "sum" type: "Eltwise" bottom: "x" bottom: "x1" bottom: "y" top: "sum" }`,
    target: 'opencv4',
    types: ['Input'],
  },
  {
    rewrite: 'split',
    net: `${INPUT}layer { name: "s" type: "Split" bottom: "data" top: "a" top: "b" }
      layer { name: "x" type: "Concat" bottom: "a" bottom: "b" top: "x" }`,
    target: 'tpu-mlir',
    types: [],
  },
  ...[
    'kernel_size: 2 stride: 2',
    'kernel_size: 3 stride: 2 pad: 1',
    'pool: AVE kernel_size: 2 stride: 3',
    'kernel_h: 4 kernel_w: 5 stride: 5',
  ].map((settings) => ({
    rewrite: 'rounding',
    net: one(`type: "Pooling" pooling_param { ${settings} round_mode: FLOOR }`),
    target: 'caffe-1.0',
  })),
  {
    rewrite: 'rounding',
    net: one('type: "Pooling" pooling_param { kernel_size: 2 stride: 2 round_mode: CEIL }'),
    target: 'caffe-1.0',
    types: ['Pooling'],
  },
  {
    rewrite: 'rounding',
    net: one('type: "Pooling" pooling_param { kernel_size: 2 stride: 2 round_mode: FLOOR }'),
    target: 'opencv4',
    types: ['Pooling'],
    text: 'ceil_mode: false',
  },
  {
    rewrite: 'clip',
    net: one('type: "Clip" clip_param { min: -0.5 max: 0.75 }'),
    target: 'caffe-1.0',
    types: ['Power', 'ReLU', 'Power', 'ReLU', 'Power'],
  },
  {
    rewrite: 'clip',
    net: `${INPUT}${CONV}layer { name: "x" type: "Clip" bottom: "conv" top: "conv" clip_param { min: 0 max: 6 } }`,
    target: 'nnie',
    types: ['ReLU', 'Power', 'ReLU', 'Power'],
    text: 'top: "conv/before_x"',
  },
  { rewrite: 'clip', net: one('type: "ReLU6"'), target: without('ReLU6', 'Relu6'), types: ['Clip'] },
  {
    rewrite: 'clip',
    net: one('type: "Clip" clip_param { min: 0 max: 6 }'),
    target: without('Clip'),
    types: ['ReLU6'],
  },
  { rewrite: 'swish', net: one('type: "Swish"'), target: 'caffe-1.0', types: ['Sigmoid', 'Eltwise'] },
  {
    rewrite: 'swish',
    net: one('type: "Swish" swish_param { beta: 1.5 }'),
    target: 'nnie',
    types: ['Power', 'Sigmoid', 'Eltwise'],
  },
  { rewrite: 'tanh', net: one('type: "TanH"'), target: 'openvino-2022', types: ['Power', 'Sigmoid', 'Power'] },
  { rewrite: 'elu', net: one('type: "ELU" elu_param { alpha: 0.7 }'), target: 'tpu-mlir' },
  { rewrite: 'tile', net: one('type: "Tile" tile_param { axis: 2 tiles: 3 }'), target: 'tpu-mlir', types: ['Concat'] },
  { rewrite: 'bias', net: one('type: "Bias" bias_param { axis: 1 }'), target: 'tpu-mlir', types: ['Scale'] },
  ...[
    ['', ''],
    [' dim: 1 dim: 1', 'Reshape'],
  ].map(([dims, type]) => ({
    rewrite: 'axpy',
    net: `${INPUT}layer { name: "a" type: "Input" top: "a" input_param { shape { dim: 2 dim: 6${dims!} } } }
      layer { name: "x" type: "Axpy" bottom: "a" bottom: "data" bottom: "data" top: "x" }`,
    target: 'caffe-1.0',
    types: [...(type === '' ? [] : [type!]), 'Scale', 'Eltwise'],
  })),
  {
    rewrite: 'shuffle-channel',
    net: one('type: "ShuffleChannel" shuffle_channel_param { group: 3 }'),
    target: 'caffe-1.0',
    types: ['Slice', 'Concat'],
  },
  ...['0 2 3 1', '0 3 1 2', '0 1 3 2', '1 0 2 3', '0 2 1 3'].map((order) => ({
    rewrite: 'permute',
    net: one(
      `type: "Permute" permute_param { ${order
        .split(' ')
        .map((axis) => `order: ${axis}`)
        .join(' ')} }`,
    ),
    target: 'caffe-1.0',
  })),
  {
    rewrite: 'permute',
    net:
      INPUT.replace('dim: 6', 'dim: 1') +
      one('type: "Permute" permute_param { order: 0 order: 2 order: 3 order: 1 }').slice(INPUT.length),
    target: 'caffe-1.0',
    types: ['Reshape'],
  },
  {
    rewrite: 'upsample',
    net: one('type: "Upsample" upsample_param { scale: 3 }'),
    target: 'sigmastar',
    types: ['Deconvolution'],
  },
  {
    rewrite: 'merge-affine',
    net: `${INPUT}${CONV}layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "bn" }
      layer { name: "x" type: "Scale" bottom: "bn" top: "x" scale_param { bias_term: true } }`,
    target: 'nncase-1',
  },
  {
    rewrite: 'merge-affine',
    net: `${INPUT}${CONV}layer { name: "x" type: "BN" bottom: "conv" top: "x" bn_param { bn_mode: INFERENCE } }`,
    target: without('BN'),
  },
  ...['BatchNorm', 'Scale', 'Bias', 'BN', 'Power'].map((type) => ({
    rewrite: 'affine-to-convolution',
    net: one(`type: "${type}" ${SETTINGS[type] ?? ''}`),
    target: 'nncase-1',
    types: ['Convolution'],
  })),
  {
    rewrite: 'custom',
    net: `${INPUT}${CONV}layer { name: "x" type: "Interp" bottom: "conv" top: "x" interp_param { zoom_factor: 2 } }
      layer { name: "relu" type: "ReLU" bottom: "x" top: "relu" }`,
    target: 'nnie',
    types: ['Custom'],
    text: '  type: "Custom"\n  bottom: "conv"\n  top: "x"\n  custom_param {\n    shape {\n      dim: 2\n      dim: 6\n      dim: 9\n      dim: 11\n    }\n  }\n',
  },
];

test('each rewrite has a file of its name, a net, and a row on the page', () => {
  const names = REWRITES.map(({ name }) => name);
  const files = readdirSync(new URL('../../src/retarget/rewrites/', import.meta.url));
  expect(files.filter((file) => file !== 'index.ts').sort()).toEqual(names.map((name) => `${name}.ts`).sort());
  expect([...new Set(CASES.map(({ rewrite }) => rewrite))].sort()).toEqual([...names].sort());
  const page = readFileSync(new URL('../../docs/retarget.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` \| (.*) \|$/gm)].map(([, name, doc]) => [name, doc]);
  expect(rows).toEqual(REWRITES.map(({ name, doc }) => [name, doc]));
});

describe.each(CASES.map((each, i) => [`${each.rewrite} ${i}`, each] as const))('%s', (_, each) => {
  test('leaves nothing that is marked, and computes the same', async () => {
    const { rewrite, net, target, types, text } = each;
    const weights = await randomParameters(net, 3);
    const { result, text: written, worst } = await retarget(net, weights, { target });
    const { changes, remaining } = result.report;
    expect(remaining).toEqual([]);
    const change = changes.find((one) => one.rewrite === rewrite);
    expect(change).toBeDefined();
    if (types) expect(change!.becomes).toEqual(types);
    if (text !== undefined) expect(written).toContain(text);
    // A handful of roundings of 2^-24 each, after sums of up to 54 products; a bound of the values keeps them as large as 1.
    expect(worst).toBeLessThan(1e-5);
  });
});

test('what has no exact form is listed, and the rest is rewritten', async () => {
  const net = `${INPUT}
    layer { name: "log" type: "Log" bottom: "data" top: "log" }
    layer { name: "tanh" type: "TanH" bottom: "data" top: "tanh" }`;
  const { report } = await retargetNet(net, undefined, { target: 'openvino-2022' });
  expect(report.changes.map(({ rewrite, layer }) => [rewrite, layer])).toEqual([['tanh', 'tanh']]);
  expect(report.remaining).toMatchObject([
    { rule: 'target-layers', severity: 'error', layer: { name: 'log' }, source: expect.stringContaining('openvino') },
  ]);
});

test('a layer that the program around the net could compute stays where the net ends in it', async () => {
  const net = one('type: "Interp" interp_param { zoom_factor: 2 }');
  const { report } = await retargetNet(net, undefined, { target: 'nnie' });
  expect(report.changes).toEqual([]);
  expect(report.remaining).toMatchObject([{ rule: 'target-layers', layer: { type: 'Interp' } }]);
});

test('an old format and rules of states are changes of the net as a whole', async () => {
  const net = `input: "data" input_dim: 1 input_dim: 3 input_dim: 4 input_dim: 4
    layers { name: "relu" type: RELU bottom: "data" top: "relu" include { phase: TEST } }`;
  const { report, net: written } = await retargetNet(net, undefined, { target: 'ncnn' });
  expect(report).toMatchObject({
    changes: [{ rewrite: 'todays-format' }, { rewrite: 'state-rules' }],
    remaining: [],
    hasNewBlobs: false,
  });
  expect(written.layer!.map(({ type }) => type)).toEqual(['Input', 'ReLU']);
});

test('a renamed blob has a rule for verify', async () => {
  const net = `${INPUT}${CONV}layer { name: "clip" type: "Clip" bottom: "conv" top: "conv" clip_param { min: 0 max: 1 } }`;
  const { references } = await retargetNet(net, undefined, { target: 'caffe-1.0' });
  expect(references).toEqual({
    extends: 'identity',
    references: [{ layer: 'conv', from: 'conv/before_clip', only: true }],
  });
});

test('a net in which an input is overwritten keeps the name of the input', async () => {
  const net = `${INPUT}layer { name: "clip" type: "Clip" bottom: "data" top: "data" clip_param { min: 0 max: 1 } }
    layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" }`;
  const { net: written, report } = await retargetNet(net, undefined, { target: 'caffe-1.0' });
  expect(report.remaining).toEqual([]);
  expect(written.layer!.at(0)!.top).toEqual(['data']);
  expect(written.layer!.at(-1)!.bottom).toEqual(['clip']);
});

test('a DummyData that is filled anew, or that stands beside an input, is no input', async () => {
  const random = 'dummy_data_param { shape { dim: 2 dim: 6 dim: 7 dim: 8 } data_filler { type: "gaussian" } }';
  const constant = 'dummy_data_param { shape { dim: 2 dim: 6 dim: 7 dim: 8 } }';
  const dummy = (param: string) => `layer { name: "x" type: "DummyData" top: "x" ${param} }\n`;
  const sum = `${INPUT}layer { name: "sum" type: "Eltwise" bottom: "data" bottom: "x" top: "sum" }\n`;
  for (const net of [
    `${dummy(random)}layer { name: "relu" type: "ReLU" bottom: "x" top: "y" }`,
    dummy(constant) + sum,
  ]) {
    const { report } = await retargetNet(net, undefined, { target: 'opencv4' });
    expect(report.changes).toEqual([]);
    expect(report.remaining).toMatchObject([{ layer: { name: 'x', type: 'DummyData' } }]);
  }
});
