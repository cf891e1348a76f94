/** The rules that look into weights. */
import { expect, test } from '@jest/globals';
import { lint, type LintWeights } from '../../src/lint/index.js';

const NET = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 4 dim: 4 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" convolution_param { num_output: 2 kernel_size: 1 bias_term: false } }
layer { name: "bn1" type: "BatchNorm" bottom: "conv1" top: "bn1" }
layer { name: "scale1" type: "Scale" bottom: "bn1" top: "scale1" scale_param { bias_term: true } }
`;

type Blobs = Record<string, { type: string; blobs: number[][] }>;

const RIGHT: Blobs = {
  conv1: { type: 'Convolution', blobs: [[1, 2, 3, 4]] },
  bn1: { type: 'BatchNorm', blobs: [[0, 0], [1, 1], [1]] },
  scale1: {
    type: 'Scale',
    blobs: [
      [1, 1],
      [0, 0],
    ],
  },
};

function weightsOf(blobs: Blobs): LintWeights {
  const layers = Object.entries(blobs);
  return {
    name: 'net.caffemodel',
    layers: layers.map(([name, each]) => ({ name, type: each.type, shapes: each.blobs.map(({ length }) => [length]) })),
    read: (layer, blob) => Promise.resolve(Float32Array.from(layers[layer]![1].blobs[blob]!)),
  };
}

const found = async (blobs: Blobs) =>
  (await lint(NET, { weights: weightsOf(blobs) })).map(({ rule, layer, message }) => [rule, layer?.name, message]);

test('nothing in weights that are right', async () => {
  expect(await found(RIGHT)).toEqual([]);
});

test('layers without weights, and weights without a layer', async () => {
  const { conv1, ...rest } = RIGHT;
  expect(await found({ ...rest, conv_1: conv1! })).toEqual([
    ['layer-without-weights', 'conv1', expect.stringContaining('net.caffemodel has no weights for it')],
    ['weights-without-layer', undefined, expect.stringContaining("'conv_1' (Convolution)")],
  ]);
});

test('a name in another case', async () => {
  const { conv1, ...rest } = RIGHT;
  expect(await found({ ...rest, Conv1: conv1! })).toEqual([
    ['weight-name-case', 'conv1', expect.stringContaining("calls it 'Conv1'")],
  ]);
});

test.each([
  ['NaN', { conv1: [[1, NaN, 3, 4]] }, 'conv1', 'holds NaN at 1'],
  ['infinity', { conv1: [[1, 2, 3, -Infinity]] }, 'conv1', 'holds -Infinity at 3'],
  ['a negative variance', { bn1: [[0, 0], [1, -0.5], [1]] }, 'bn1', 'variance at 1 is -0.5'],
  ['a factor of 0', { bn1: [[0, 0], [1, 1], [0]] }, 'bn1', 'is 0: Caffe then takes both for 0'],
])('%s', async (_, changed, layer, message) => {
  const blobs = Object.fromEntries(
    Object.entries(RIGHT).map(([name, each]) => [
      name,
      { ...each, blobs: (changed as Record<string, number[][] | undefined>)[name] ?? each.blobs },
    ]),
  );
  expect(await found(blobs)).toEqual([['weight-values', layer, expect.stringContaining(message)]]);
});

test('an inner product whose weights are of the size that rounding down gives', async () => {
  const net = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 1 dim: 7 dim: 7 } } }
layer { name: "pool" type: "Pooling" bottom: "data" top: "pool" pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc" inner_product_param { num_output: 1 bias_term: false } }`;
  const weights: LintWeights = {
    name: 'net.caffemodel',
    layers: [{ name: 'fc', type: 'InnerProduct', shapes: [[1, 9]] }],
    read: () => Promise.resolve(new Float32Array(9)),
  };
  expect(await lint(net, { weights })).toMatchObject([
    { rule: 'ceil-pooling', layer: { name: 'pool' }, message: expect.stringContaining("the weights of 'fc' are 1x9") },
  ]);
});
