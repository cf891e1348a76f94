/** What other modules make of the forks' layers: packing, shapes and MACs, pictures, and what optimize leaves out. */
import { describe, expect, test } from '@jest/globals';
import { graphOfProto } from '../../src/draw/graph.js';
import { decodeNet } from '../../src/proto/codec.js';
import { toBytes } from '../../src/proto/random-access.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { netShapes } from '../../src/runtime/net-shapes.js';
import { Net } from '../../src/runtime/net.js';
import { nameMap } from '../../src/weights/maps/index.js';
import { packWeights } from '../../src/weights/packing/execute.js';
import { fromTensors, type Tensor } from '../../src/weights/source.js';
import { optimize } from '../optimize/support.js';
import { seededRandom } from '../../src/engine/random.js';

const DATA = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 dim: 8 dim: 8 } } }\n';
const layer = (name: string, type: string, bottom: string, settings = '') =>
  `layer { name: "${name}" type: "${type}" bottom: "${bottom}" top: "${name}" ${settings} }\n`;

const NET =
  DATA +
  layer('dw', 'DepthwiseConvolution', 'data', 'convolution_param { num_output: 4 group: 4 kernel_size: 3 pad: 1 }') +
  layer('bn', 'BN', 'dw', 'bn_param { eps: 0.001 }') +
  layer(
    'dw2',
    'ConvolutionDepthwise',
    'bn',
    'convolution_param { num_output: 4 kernel_size: 3 pad: 1 stride: 1 bias_term: false }',
  ) +
  layer('norm', 'Normalize', 'dw2', 'norm_param { across_spatial: false channel_shared: false }') +
  layer('perm', 'Permute', 'norm', 'permute_param { order: 0 order: 2 order: 3 order: 1 }');

test('weights of PyTorch pack into DepthwiseConvolution, ConvolutionDepthwise, BN and Normalize as they are', async () => {
  const random = seededRandom(1);
  const tensor = (...shape: number[]): Tensor => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.5 + random()),
  });
  const tensors = {
    'dw.weight': tensor(4, 1, 3, 3),
    'dw.bias': tensor(4),
    'bn.weight': tensor(4),
    'bn.bias': tensor(4),
    'bn.running_mean': tensor(4),
    'bn.running_var': tensor(4),
    'dw2.weight': tensor(4, 1, 3, 3),
    'norm.weight': tensor(4),
  };
  const net = parsePrototxt(NET);
  const sink = toBytes();
  await packWeights({
    net,
    shapes: netShapes(net).params,
    source: fromTensors(tensors),
    map: nameMap('identity'),
    sink,
  });
  const packed = decodeNet(sink.bytes()).layer!;
  const valuesOf = (name: string) =>
    (packed.find((each) => each.name === name)?.blobs ?? []).map(({ data = [] }) => [...data]);
  const given = (...names: (keyof typeof tensors)[]) => names.map((name) => [...tensors[name].data]);
  expect(valuesOf('dw')).toEqual(given('dw.weight', 'dw.bias'));
  expect(valuesOf('bn')).toEqual(given('bn.weight', 'bn.bias', 'bn.running_mean', 'bn.running_var'));
  expect(valuesOf('dw2')).toEqual(given('dw2.weight'));
  expect(valuesOf('norm')).toEqual(given('norm.weight'));
});

test('shapes, MACs and families', async () => {
  const net = await Net.load(NET, { shapesOnly: true });
  const { nodes } = graphOfProto(parsePrototxt(NET));
  const known = net.layers.map(({ name, type }, i) => [
    name,
    net.blobs.get(net.topNamesOf(i)[0]!)!.shape.join('x'),
    net.macsOf(i),
    nodes.find((node) => node.name === name && node.type === type)?.family,
  ]);
  net.dispose();
  // A depthwise convolution multiplies 9 weights for each of 4 · 8 · 8 outputs.
  expect(known).toEqual([
    ['data', '1x4x8x8', 0, 'input'],
    ['dw', '1x4x8x8', 9 * 256, 'weights'],
    ['bn', '1x4x8x8', 0, 'scaling'],
    ['dw2', '1x4x8x8', 9 * 256, 'weights'],
    ['norm', '1x4x8x8', 0, 'scaling'],
    ['perm', '1x8x8x4', 0, 'joining'],
  ]);
});

describe('optimize', () => {
  const after = (type: string, settings = '') =>
    DATA +
    layer('c', 'Convolution', 'data', 'convolution_param { num_output: 4 kernel_size: 1 }') +
    layer('l', type, 'c', settings) +
    layer('r', 'ReLU', 'l');

  test.each([
    ['Permute', 'permute_param { order: 0 order: 1 }'],
    ['Permute', ''],
    ['ShuffleChannel', 'shuffle_channel_param { group: 1 }'],
    ['Flip', 'flip_param { flip_width: false }'],
    ['Upsample', 'upsample_param { scale: 1 }'],
    ['UpsampleDarknet', ''],
  ])('takes out %s %s, which changes nothing', async (type, settings) => {
    const { changes, worst } = await optimize(after(type, settings), { passes: ['identity'] });
    expect({ changes, worst }).toEqual({ changes: ['l'], worst: 0 });
  });

  test.each([
    ['Permute', 'permute_param { order: 0 order: 2 }'],
    ['ShuffleChannel', 'shuffle_channel_param { group: 2 }'],
    ['Flip', ''],
    ['Upsample', 'upsample_param { scale: 2 }'],
    ['UpsampleDarknet', 'upsample_darknet_param { stride: 2 }'],
    ['Normalize', 'norm_param { across_spatial: false }'],
    ['Dropout', 'dropout_param { scale_train: false }'],
  ])('leaves %s %s', async (type, settings) => {
    const { changes } = await optimize(after(type, settings), { passes: ['identity'] });
    expect(changes).toEqual([]);
  });
});
