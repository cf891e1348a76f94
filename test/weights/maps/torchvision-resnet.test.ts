import { describe, expect, test } from '@jest/globals';
import { parsePrototxt } from '../../../src/proto/text/parser.js';
import { Net } from '../../../src/runtime/index.js';
import type { NetParameter } from '../../../src/generated/messages.js';
import { torchvisionResnetMap } from '../../../src/weights/maps/index.js';
import { fromTensors, planPack, type PackReport } from '../../../src/weights/index.js';
import { caffeResnet, torchvisionState, type ResnetOptions } from '../../support/resnets.js';

async function plan(net: NetParameter, state: ReturnType<typeof torchvisionState>): Promise<PackReport> {
  const built = await Net.load(net);
  const shapes = new Map([...built.params].map(([layer, blobs]) => [layer, blobs.map(({ shape }) => shape)]));
  built.dispose();
  return planPack({ net, shapes, source: fromTensors(state), map: torchvisionResnetMap() }).report;
}

const SIZES = { width: 4, classes: 10 };

describe("Caffe's names", () => {
  test.each<[ResnetOptions['depth'], number, number]>([
    // Convolutions, and as many normalizations of four vectors, and the inner product's two.
    [18, 20, 20 * 5 + 2],
    [34, 36, 36 * 5 + 2],
    [50, 53, 53 * 5 + 2],
    [101, 104, 104 * 5 + 2],
  ])('ResNet-%i: every blob is filled, every tensor used', async (depth, convolutions, tensors) => {
    const options = { ...SIZES, depth, stride3x3: true };
    const report = await plan(caffeResnet(options), torchvisionState(options));
    expect(report).toMatchObject({ usedSources: tensors, unusedSources: [], unfilled: [], notes: [] });
    expect(report.ignoredSources).toHaveLength(convolutions);
    expect(report.computed).toHaveLength(convolutions);
    // A BatchNorm's third blob is computed; the others are two a BatchNorm, two a Scale.
    expect(report.filled).toHaveLength(convolutions * 5 + 2);
  });

  test.each([
    ['conv1', 0, ['conv1.weight']],
    ['bn_conv1', 1, ['bn1.running_var']],
    ['scale_conv1', 1, ['bn1.bias']],
    ['res2a_branch1', 0, ['layer1.0.downsample.0.weight']],
    ['bn2a_branch1', 0, ['layer1.0.downsample.1.running_mean']],
    ['res3b_branch2a', 0, ['layer2.1.conv1.weight']],
    ['scale5c_branch2c', 0, ['layer4.2.bn3.weight']],
    ['res4b22_branch2b', 0, ['layer3.22.conv2.weight']],
    ['res4a_branch2b', 0, ['layer3.0.conv2.weight']],
    ['fc10', 1, ['fc.bias']],
  ])('%s, blob %i ← %j', async (layer, blob, sources) => {
    const options = { ...SIZES, depth: 101 as const, stride3x3: true };
    const report = await plan(caffeResnet(options), torchvisionState(options));
    const entry = report.filled.find((filled) => filled.layer === layer && filled.blob === blob);
    expect(entry).toMatchObject({ sources });
    expect(entry).not.toHaveProperty('operation');
  });

  test("Caffe's own strides, which these weights were not trained with, are remarked on", async () => {
    const options = { ...SIZES, depth: 50 as const };
    const { notes } = await plan(caffeResnet(options), torchvisionState(options));
    expect(notes).toEqual([
      "res3a_branch2a, res4a_branch2a, res5a_branch2a: the stride is in the block's first 1x1 convolution; " +
        "torchvision's ResNets have it in the 3x3 after it, and these weights were trained that way: move it there",
    ]);
  });

  test('basic blocks have no such choice', async () => {
    const options = { ...SIZES, depth: 18 as const };
    expect((await plan(caffeResnet(options), torchvisionState(options))).notes).toEqual([]);
  });
});

describe("torchvision's names", () => {
  const conv = (name: string, bottom: string) =>
    `layer { name: "${name}" type: "Convolution" bottom: "${bottom}" top: "${name}"
      convolution_param { num_output: 3 kernel_size: 1 bias_term: false } }`;
  const pair = (bn: string, scale: string, bottom: string) =>
    `layer { name: "${bn}" type: "BatchNorm" bottom: "${bottom}" top: "${bottom}" batch_norm_param { use_global_stats: true } }
     layer { name: "${scale}" type: "Scale" bottom: "${bottom}" top: "${bottom}" scale_param { bias_term: true } }`;
  const frozen = (name: string, bottom: string) =>
    `layer { name: "${name}" type: "Scale" bottom: "${bottom}" top: "${name}" scale_param { bias_term: true } }`;
  const state = (...norms: string[]) => {
    const vector = { shape: [3], data: Float32Array.of(1, 2, 3) };
    const parts = norms.flatMap((norm) =>
      ['weight', 'bias', 'running_mean', 'running_var'].map((part) => [`${norm}.${part}`, vector] as const),
    );
    const weight = { shape: [3, 3, 1, 1], data: new Float32Array(9) };
    return { 'layer1.0.conv1.weight': weight, ...Object.fromEntries(parts) };
  };
  const net = (...layers: string[]) =>
    parsePrototxt(
      ['layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 2, 2] } } }', ...layers].join(
        '\n',
      ),
    );

  test.each([
    ['layer1_0_bn1', 'layer1_0_bn1_scale'],
    ['layer1.0.bn1', 'layer1.0.scale1'],
    ['layer1_0_bn1', 'layer1_0_scale_bn1'],
  ])('the pair %s and %s', async (bn, scale) => {
    const conv1 = bn.includes('.') ? 'layer1.0.conv1' : 'layer1_0_conv1';
    const report = await plan(net(conv(conv1, 'data'), pair(bn, scale, conv1)), state('layer1.0.bn1'));
    expect(report.filled.map(({ sources, operation }) => [sources, operation])).toEqual([
      [['layer1.0.conv1.weight'], undefined],
      [['layer1.0.bn1.running_mean'], undefined],
      [['layer1.0.bn1.running_var'], undefined],
      [['layer1.0.bn1.weight'], undefined],
      [['layer1.0.bn1.bias'], undefined],
    ]);
  });

  test('a Scale by itself takes the whole normalization', async () => {
    const layers = net(conv('layer1_0_conv1', 'data'), frozen('layer1_0_downsample_1', 'layer1_0_conv1'));
    const report = await plan(layers, state('layer1.0.downsample.1'));
    expect(report.filled.map(({ operation }) => operation)).toEqual([
      undefined,
      'weight / sqrt(running_var + 0.00001)',
      'bias − running_mean · weight / sqrt(running_var + 0.00001)',
    ]);
  });
});

test.each([
  ['res2a_branch2a', 'Convolution', ['res2a_branch2a_output', 'layer1.0.conv1_output', 'res2a_branch2a']],
  ['bn2a_branch2a', 'BatchNorm', ['bn2a_branch2a']],
  ['scale2a_branch2a', 'Scale', ['scale2a_branch2a_output', 'layer1.0.bn1_output', 'scale2a_branch2a']],
  ['res3d_relu', 'ReLU', ['res3d_relu_output', 'layer2.3_output', 'res3d_relu']],
  ['res4b7_relu', 'ReLU', ['res4b7_relu_output', 'layer3.7_output', 'res4b7_relu']],
  ['layer1_2_relu', 'ReLU', ['layer1_2_relu_output', 'layer1_2_output', 'layer1_2_relu']],
  ['pool1', 'Pooling', ['pool1_output', 'maxpool_output', 'pool1']],
  ['fc1000', 'InnerProduct', ['fc1000_output', 'fc_output', 'fc1000']],
])('references of %s (%s)', (layer, type, names) => {
  expect(torchvisionResnetMap().referenceNames(layer, type)).toEqual(names);
});
