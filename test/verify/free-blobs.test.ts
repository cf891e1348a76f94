/** freeBlobs: blobs that nothing reads any more are given back, and the report is the same. */
import { describe, expect, test } from '@jest/globals';
import { Net, reportToJson } from '../../src/index.js';
import { SpentBlobs } from '../../src/verify/spent-blobs.js';
import { verifyPlanted, type Plan } from './planted.js';

const conv = (name: string, bottom: string) =>
  `layer { name: "${name}" type: "Convolution" bottom: "${bottom}" top: "${name}" convolution_param { num_output: 6 kernel_size: 3 pad: 1 } }\n`;
const layer = (name: string, type: string, bottom: string, top = name, rest = '') =>
  `layer { name: "${name}" type: "${type}" bottom: "${bottom}" top: "${top}" ${rest} }\n`;

/** A branch, a layer in place, a module of two layers, and tops that share memory. */
const RIGHT =
  conv('conv1', 'data') +
  layer('bn1', 'BatchNorm', 'conv1') +
  layer('bn1_scale', 'Scale', 'bn1', 'bn1_scale', 'scale_param { bias_term: true }') +
  layer('relu1', 'ReLU', 'bn1_scale', 'bn1_scale') +
  conv('conv2', 'bn1_scale') +
  layer('relu2', 'ReLU', 'conv2', 'relu2', 'relu_param { negative_slope: 0.1 }') +
  `layer { name: "sum" type: "Eltwise" bottom: "relu2" bottom: "bn1_scale" top: "sum" }\n` +
  layer('flat', 'Flatten', 'sum') +
  layer('fc', 'InnerProduct', 'flat', 'fc', 'inner_product_param { num_output: 4 }');
const statistics: Plan['weights'] = (blobs) => {
  blobs.bn1![1]!.data.forEach((v, i, all) => (all[i] = 0.2 + v * v));
  blobs.bn1![2]!.data.fill(1);
};
const PLANS: Record<string, Plan> = {
  'a net that is right': { right: RIGHT, weights: statistics },
  'another slope': {
    right: RIGHT,
    wrong: RIGHT.replace('negative_slope: 0.1', ''),
    weights: statistics,
    unchecked: ['conv2'],
  },
  'a reference of a module of two layers': {
    right: RIGHT,
    wrong: RIGHT.replace('num_output: 6 kernel_size: 3 pad: 1', 'num_output: 6 kernel_size: 3 pad: 2 dilation: 2'),
    weights: statistics,
    references: (references) => {
      references.bn1 = references.bn1_scale!;
      delete references.bn1_scale;
    },
  },
  'a value that is not finite': {
    right: RIGHT,
    weights: statistics,
    spoil: (blobs) => blobs.conv2![1]!.data.fill(NaN, 2, 3),
  },
};

test.each(Object.entries(PLANS))('%s', async (_name, plan) => {
  const freed = await verifyPlanted({ ...plan, options: { ...plan.options, freeBlobs: true } });
  expect(reportToJson(freed)).toEqual(reportToJson(await verifyPlanted(plan)));
});

describe('what is given back', () => {
  const allocated = (net: Net) => [...net.blobs].filter(([, blob]) => blob.isAllocated).map(([name]) => name);

  test('is what no later layer reads; inputs and outputs stay', async () => {
    const net = await Net.load(
      `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 4 dim: 4 } } }\n${RIGHT}`,
    );
    const spent = new SpentBlobs(net);
    const seen: Record<string, string[]> = {};
    await net.forward({
      onLayer: (index, { name }) => {
        spent.after(index);
        seen[name] = allocated(net);
      },
    });
    expect(seen.bn1).not.toContain('conv1');
    expect(seen.conv2).toContain('bn1_scale');
    expect(allocated(net)).toEqual(['data', 'fc']);
    net.dispose();
  });
});
