/** A fault that was made twice: what explained the first is tried at the second before anything else, whatever work is left. */
import { expect, test } from '@jest/globals';
import { verifyPlanted, type Plan } from './planted.js';

const conv = (name: string, bottom: string) =>
  `layer { name: "${name}" type: "Convolution" bottom: "${bottom}" top: "${name}" convolution_param { num_output: 4 kernel_size: 3 pad: 1 } }\n`;
const up = (name: string, bottom: string, settings: string) =>
  `layer { name: "${name}" type: "Deconvolution" bottom: "${bottom}" top: "${name}" convolution_param { num_output: 4 bias_term: false stride: 2 ${settings} } }\n`;
const net = (settings: string) =>
  conv('conv1', 'data') +
  up('up1', 'conv1', settings) +
  conv('conv2', 'up1') +
  up('up2', 'conv2', settings) +
  conv('conv3', 'up2');

/** Enough for all trials at the first layer, and for few at the second. */
const WORK = 1.5e6;

const plan: Plan = {
  right: net('kernel_size: 2 group: 4 weight_filler { type: "constant" value: 1 }'),
  wrong: net('kernel_size: 4 pad: 1 weight_filler { type: "bilinear" }'),
  shape: [1, 3, 6, 5],
  weights: (blobs) => {
    for (const name of ['up1', 'up2']) blobs[name]![0]!.data.fill(1);
  },
  spoil: (blobs) => {
    const edge = [0.25, 0.75, 0.75, 0.25];
    const data = Float32Array.from({ length: 256 }, (_, i) => edge[i % 4]! * edge[(i >> 2) % 4]!);
    for (const name of ['up1', 'up2']) blobs[name] = [{ shape: [4, 4, 4, 4], data }];
  },
  unchecked: ['up1', 'up2'],
};

test('is found both times', async () => {
  const { causes, points } = await verifyPlanted({ ...plan, options: { work: WORK } });
  expect(causes.map(({ id, layer }) => [id, layer])).toEqual([
    ['upsampling', 'up1'],
    ['upsampling', 'up2'],
  ]);
  // What the first left of the work is not enough for all that could be tried at the second.
  expect(points[1]!.tried.filter(({ outcome }) => outcome === 'not run').length).toBeGreaterThan(0);
  expect(points[1]!.tried[0]).toMatchObject({ id: 'upsampling', outcome: 'matches' });
});
