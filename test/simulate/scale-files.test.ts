/** Files of scales and of samples in the forms of toolchains. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { NetspecError } from '../../src/errors.js';
import { formatScales, parseScaleTable } from '../../src/simulate/scale-files.js';
import { LISTS } from '../../src/simulate/lists/index.js';
import { TABLES } from '../../src/simulate/tables/index.js';
import type { ScaleTable } from '../../src/simulate/tables/table.js';

const SCALES: ScaleTable = {
  method: 'kl',
  samples: 3,
  weighted: [
    { name: 'conv1', type: 'Convolution', input: { scale: 0.5, zeroPoint: 0 }, weights: [0.25, 0.125], kept: false },
    { name: 'fc', type: 'InnerProduct', input: { scale: 0.0625, zeroPoint: 0 }, weights: [0.5], kept: true },
  ],
  values: [
    {
      blob: 'data',
      layer: 'data',
      quantizer: { scale: 0.5, zeroPoint: 0 },
      range: { min: -63.5, max: 63.5 },
      seen: { min: -60, max: 63.5 },
    },
    {
      blob: 'conv1',
      layer: 'relu1',
      quantizer: { scale: 0.0625, zeroPoint: -3 },
      range: { min: 0, max: 8 },
      seen: { min: 0, max: 9 },
    },
    {
      blob: 'conv1',
      layer: 'sigmoid',
      quantizer: { scale: 0.125, zeroPoint: 0 },
      range: { min: 0, max: 1 },
      seen: { min: 0, max: 1 },
    },
  ],
  kept: ['fc'],
};

const gate = (folder: string, except: readonly string[]): string[] =>
  readdirSync(path.join(import.meta.dirname, '../../src/simulate', folder))
    .map((name) => name.slice(0, -3))
    .filter((name) => !['index', ...except].includes(name))
    .sort();

test('each file of tables/ and of lists/ is a row of its table, and has a source', () => {
  expect(gate('tables', ['table', 'lines'])).toEqual(TABLES.map(({ name }) => name).sort());
  expect(gate('lists', ['list'])).toEqual(LISTS.map(({ name }) => name).sort());
  for (const { describe: words, source } of [...TABLES, ...LISTS]) expect([words, source].includes('')).toBe(false);
});

test('ncnn: factors of the weights, then of what layers read; layers that are kept are left out', () => {
  const text = formatScales('ncnn', SCALES);
  expect(text).toBe('conv1_param_0 4.000000 8.000000\nconv1 2.000000\n');
  expect(parseScaleTable(text)).toEqual({
    inputs: new Map([['conv1', { scale: 0.5, zeroPoint: 0 }]]),
    weights: new Map([['conv1', [0.25, 0.125]]]),
  });
  const [conv] = SCALES.weighted;
  expect(() =>
    formatScales('ncnn', { ...SCALES, weighted: [{ ...conv!, input: { scale: 1, zeroPoint: 5 } }] }),
  ).toThrow(
    new NetspecError("an ncnn table has no zero points, and what 'conv1' reads has one", {
      hint: 'simulate without zero points',
    }),
  );
});

test('amct: a record for each layer', () => {
  const text = formatScales('amct', SCALES);
  expect(text).toBe(
    'record {\n  key: "conv1"\n  value {\n    scale_d: 0.5\n    offset_d: 0\n    scale_w: 0.25\n    scale_w: 0.125\n    offset_w: 0\n    offset_w: 0\n  }\n}\n',
  );
  expect(parseScaleTable(text).weights).toEqual(new Map([['conv1', [0.25, 0.125]]]));
  expect(parseScaleTable('record { key: "a\\"b" value { scale_d: 0.5 offset_d: -3 } }').inputs).toEqual(
    new Map([['a"b', { scale: 0.5, zeroPoint: -3 }]]),
  );
});

test('tpu-mlir: threshold and range of what each layer gives, and the layers that stay in F16', () => {
  const text = formatScales('tpu-mlir', SCALES);
  expect(text).toBe(
    '# quantization threshold calculation method: kl\n# sample number: 3\n###\n# op_name    threshold    min    max\n' +
      'data 63.5000000 -60.0000000 63.5000000\nrelu1 8.0000000 0.0000000 9.0000000\nsigmoid 1.0000000 0.0000000 1.0000000\n',
  );
  expect(parseScaleTable(text).layers!.get('data')).toEqual({ scale: 0.5, zeroPoint: 0 });
  expect(formatScales('tpu-mlir-qtable', SCALES)).toBe('# op_name   quantize_mode\nfc F16\n');
});

test('json keeps everything, of in-place layers too', () => {
  const read = parseScaleTable(formatScales('json', SCALES));
  expect(read.blobs).toEqual(
    new Map([
      ['data', { scale: 0.5, zeroPoint: 0 }],
      ['conv1', { scale: 0.0625, zeroPoint: -3 }],
      ['conv1@sigmoid', { scale: 0.125, zeroPoint: 0 }],
    ]),
  );
  expect(read.weights).toEqual(new Map(SCALES.weighted.map(({ name, weights }) => [name, weights])));
});

test.each([
  ['ncnn', 'conv1_param_0 4 x\n', "line 1: expected a factor above 0, got 'x'"],
  ['ncnn', 'conv1\n', "line 1: expected a factor after 'conv1', got nothing"],
  ['ncnn', 'conv1 -1\n', "line 1: expected a factor above 0, got '-1'"],
  ['tpu-mlir', '# a\nconv1 1 2\n', 'line 2: expected the largest value, got nothing'],
  ['tpu-mlir', 'conv1 -1 2 3\n', "line 1: expected a threshold of 0 or more, got '-1'"],
  ['amct', 'records', 'expected record { key: "layer" value { scale_d: … } }, found none'],
  ['amct', 'record { key: "a" value { scale_d: 0 } }', "'a': scale_d: expected a scale above 0, got 0"],
  ['json', '{', 'it is no JSON: expected an object with values and weights'],
  ['json', '{"values":{"a":{"scale":0}}}', 'values.a.scale: expected a scale above 0, got 0'],
  ['json', '{"values":{"a":{"scale":1,"zero_point":0.5}}}', 'values.a.zero_point: expected a whole number, got 0.5'],
  ['json', '{"weights":{"a":[]}}', 'weights.a: expected a list of scales, got []'],
  ['tpu-mlir-qtable', 'a F16\n', "a file of the form 'tpu-mlir-qtable' holds no scales"],
])('%s refuses %j', (form, text, message) => {
  expect(() => parseScaleTable(text, form)).toThrow(message);
});

describe('lists', () => {
  const list = {
    inputs: ['data', 'info'],
    samples: [0, 1].map((i) => ({ data: `/s/data${i}.npy`, info: `/s/info${i}.npy` })),
    values: (sample: number, input: string) => Promise.resolve(Float32Array.of(sample, input.length, 0.1)),
  };
  const written = async (name: string, of = list): Promise<Record<string, string>> => {
    const files = LISTS.find((each) => each.name === name)!.write(of);
    return Object.fromEntries(
      await Promise.all(files.map(async ({ input = '', text }) => [input, await text()] as const)),
    );
  };

  test.each([
    ['rknn', { '': '/s/data0.npy /s/info0.npy\n/s/data1.npy /s/info1.npy\n' }],
    ['tpu-mlir-list', { '': '/s/data0.npy,/s/info0.npy\n/s/data1.npy,/s/info1.npy\n' }],
    ['ncnn-list', { data: '/s/data0.npy\n/s/data1.npy\n', info: '/s/info0.npy\n/s/info1.npy\n' }],
    ['nnie', { data: '0 4 0.100000001\n1 4 0.100000001\n', info: '0 4 0.100000001\n1 4 0.100000001\n' }],
  ])('%s', async (name, files) => {
    expect(await written(name)).toEqual(files);
  });

  test('a name that has what separates names is refused', async () => {
    const spaced = { ...list, samples: [{ data: '/a b.npy', info: '/c.npy' }] };
    await expect(written('rknn', spaced)).rejects.toThrow("rknn lists have a space between names: '/a b.npy' has one");
  });
});
