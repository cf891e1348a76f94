/** deployNet: what stands for data, losses and labels in a net for deployment. */
import { describe, expect, test } from '@jest/globals';
import { formatPrototxt, parsePrototxt } from '../../../src/proto/prototxt.js';
import { deployNet, netShapes } from '../../../src/runtime/index.js';

const DATA = `layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN }
    transform_param { mirror: true crop_size: 24 mean_value: 104 mean_value: 117 mean_value: 123 }
    data_param { source: "train_lmdb" batch_size: 64 backend: LMDB } }
  layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TEST }
    transform_param { crop_size: 24 mean_value: 104 mean_value: 117 mean_value: 123 }
    data_param { source: "val_lmdb" batch_size: 50 backend: LMDB } }`;
const fc = (name: string, bottom: string, outputs = 2) =>
  `layer { name: "${name}" type: "InnerProduct" bottom: "${bottom}" top: "${name}" inner_product_param { num_output: ${outputs} } }`;
const loss = (type: string, bottom: string, rest = '', name = 'loss') =>
  `layer { name: "${name}" type: "${type}" bottom: "${bottom}" bottom: "label" top: "${name}" ${rest} }`;

/** `name type bottoms → tops` of each layer; the net must be one that runs. */
function deployed(text: string, shapes: Record<string, number[]> = {}): string[] {
  const { net } = deployNet(parsePrototxt(text), { inputShapes: new Map(Object.entries(shapes)) });
  expect(() => netShapes(net)).not.toThrow();
  return (net.layer ?? []).map(
    ({ name = '', type = '', bottom = [], top = [] }) => `${name} ${type} ${bottom.join(' ')} → ${top.join(' ')}`,
  );
}

test('a net for training: an Input, no rules, fillers, learning rates or losses, a Softmax at the end', () => {
  const text = `name: "trainval" ${DATA}
    layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 }
      convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } bias_filler { value: 0.1 } } }
    ${fc('fc2', 'conv1')}
    ${loss('Accuracy', 'fc2', 'include { phase: TEST }', 'accuracy')}
    ${loss('SoftmaxWithLoss', 'fc2', 'loss_weight: 1')}`;
  const { net, remarks } = deployNet(parsePrototxt(text));
  expect(formatPrototxt(net).replace(/\s+/g, ' ')).toBe(
    'name: "trainval" layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 24 dim: 24 } } } ' +
      'layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" convolution_param { num_output: 4 kernel_size: 3 } } ' +
      'layer { name: "fc2" type: "InnerProduct" bottom: "conv1" top: "fc2" inner_product_param { num_output: 2 } } ' +
      'layer { name: "prob" type: "Softmax" bottom: "fc2" top: "prob" } ',
  );
  expect(remarks).toEqual([
    "'data' is an Input of 1x3x24x24 in place of Data 'data', which subtracted 104, 117, 123: do that before images are fed",
    'left out: accuracy (Accuracy)',
    "SoftmaxWithLoss 'loss' became Softmax 'prob'",
  ]);
});

test('losses in the middle, which help training only, go with what only they read', () => {
  const text = `${DATA} ${fc('body', 'data')} ${fc('side', 'body')} ${loss('SoftmaxWithLoss', 'side', 'loss_weight: 0.3', 'loss1')}
    ${fc('head', 'body')} ${loss('SoftmaxWithLoss', 'head', '', 'loss2')}`;
  expect(deployed(text)).toEqual([
    'data Input  → data',
    'body InnerProduct data → body',
    'head InnerProduct body → head',
    'prob Softmax head → prob',
  ]);
});

test('two classifiers of one weight are two outputs, by the names of their losses', () => {
  const text = `${DATA} ${fc('a', 'data')} ${fc('b', 'data')} ${loss('SoftmaxWithLoss', 'a', '', 'age')} ${loss('SigmoidCrossEntropyLoss', 'b', '', 'sex')}`;
  expect(deployed(text).slice(3)).toEqual(['age Softmax a → age', 'sex Sigmoid b → sex']);
});

test.each([
  ['EuclideanLoss', 'fc'],
  ['HingeLoss', 'fc'],
  ['SmoothL1Loss', 'fc'],
  ['FocalLoss', 'fc'],
])('%s has nothing in its place', (type, head) => {
  expect(deployed(`${DATA} ${fc(head, 'data')} ${loss(type, head)}`)).toEqual([
    'data Input  → data',
    'fc InnerProduct data → fc',
  ]);
});

test('labels as the first bottom of a loss of differences', () => {
  const text = `${DATA} ${fc('fc', 'data')} layer { name: "l" type: "EuclideanLoss" bottom: "label" bottom: "fc" top: "l" }`;
  expect(deployed(text)).toEqual(['data Input  → data', 'fc InnerProduct data → fc']);
});

test('a net that has its Softmax already keeps it, and gets no second', () => {
  const text = `${DATA} ${fc('fc', 'data')} layer { name: "p" type: "Softmax" bottom: "fc" top: "p" } ${loss('SoftmaxWithLoss', 'fc')}`;
  expect(deployed(text)).toEqual(['data Input  → data', 'fc InnerProduct data → fc', 'p Softmax fc → p']);
});

test('a Softmax with labels, as V1 nets have it, loses them', () => {
  const text = `layers { name: "d" type: DUMMY_DATA top: "data" dummy_data_param { num: 1 channels: 3 height: 8 width: 8 } }
    layers { name: "fc" type: INNER_PRODUCT bottom: "data" top: "fc" inner_product_param { num_output: 2 } }
    layers { name: "loss" type: SOFTMAX bottom: "fc" bottom: "label" }`;
  expect(deployed(text).at(-1)).toBe('loss Softmax fc → loss');
});

test('what is made of labels alone is gone, Silence of it too', () => {
  const text = `${DATA} layer { name: "s" type: "Slice" bottom: "label" top: "la" top: "lb" slice_param { axis: 0 } }
    layer { name: "q" type: "Silence" bottom: "lb" } ${fc('fc', 'data')}
    layer { name: "l" type: "SoftmaxWithLoss" bottom: "fc" bottom: "la" top: "l" }`;
  expect(deployed(text)).toEqual(['data Input  → data', 'fc InnerProduct data → fc', 'prob Softmax fc → prob']);
});

test('shared parameters keep their names, interpolation its filler', () => {
  const text = `${DATA}
    layer { name: "up" type: "Deconvolution" bottom: "data" top: "up" param { lr_mult: 0 }
      convolution_param { num_output: 3 group: 3 kernel_size: 4 stride: 2 pad: 1 bias_term: false weight_filler { type: "bilinear" } } }
    layer { name: "c" type: "Convolution" bottom: "up" top: "c" param { name: "w" lr_mult: 1 } param { name: "b" lr_mult: 2 }
      convolution_param { num_output: 1 kernel_size: 1 weight_filler { type: "msra" } } }`;
  const { net } = deployNet(parsePrototxt(text));
  const [, up, c] = net.layer!;
  expect(up!.param).toBeUndefined();
  expect(up!.convolution_param!.weight_filler).toMatchObject({ type: 'bilinear' });
  expect(c!.param).toMatchObject([{ name: 'w' }, { name: 'b' }]);
  expect(formatPrototxt(net)).not.toMatch(/mult|msra/);
});

describe('the size of an input', () => {
  const body = fc('fc', 'data');
  const input = (text: string, shapes = {}) => {
    const { net } = deployNet(parsePrototxt(text), { inputShapes: new Map(Object.entries(shapes)) });
    return net.layer![0]!.input_param!.shape![0]!.dim;
  };
  test.each([
    ['of MemoryData', 'MemoryData', 'memory_data_param { batch_size: 9 channels: 2 height: 5 width: 6 }', [1, 2, 5, 6]],
    [
      'of what ImageData resizes to',
      'ImageData',
      'image_data_param { source: "l" new_height: 5 new_width: 6 }',
      [1, 3, 5, 6],
    ],
    [
      'of gray images',
      'ImageData',
      'image_data_param { source: "l" new_height: 5 new_width: 6 is_color: false }',
      [1, 1, 5, 6],
    ],
    ['of one mean value', 'Data', 'transform_param { crop_size: 7 mean_value: 127 }', [1, 3, 7, 7]],
    ['of gray by force', 'Data', 'transform_param { crop_size: 7 force_gray: true }', [1, 1, 7, 7]],
  ])('%s', (_what, type, param, dims) => {
    expect(input(`layer { name: "data" type: "${type}" top: "data" top: "label" ${param} } ${body}`)).toEqual(dims);
  });

  test('is given where the net does not say it', () => {
    const text = `layer { name: "mnist" type: "Data" top: "data" top: "label" data_param { source: "x" } } ${body}`;
    expect(() => input(text)).toThrow("layer 'mnist' (Data): its prototxt does not say how large 'data' is");
    expect(input(text, { data: [1, 1, 28, 28] })).toEqual([1, 1, 28, 28]);
  });

  test('a net for deployment stays as it is', () => {
    const text = `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } } ${fc('fc', 'data')}`;
    expect(deployNet(parsePrototxt(text))).toMatchObject({ net: parsePrototxt(text), remarks: [] });
  });
});
