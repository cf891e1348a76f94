/**
 * reducePort on planted faults: each is reduced to a net of at most five layers that still fails, by itself, from what
 * was written.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  blobMap,
  fillRandomInputs,
  formatPrototxt,
  fromTensors,
  Net,
  randomizeParams,
  reducePort,
  verify,
  type ReducedPort,
} from '../../../src/index.js';
import { identityMap } from '../../../src/weights/maps/identity.js';

/** Every kind of layer that a fault below is planted in. `side` is an output of its own, so that its shape may be wrong. */
const NET = `
name: "mixed"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 17 dim: 17 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" convolution_param { num_output: 8 kernel_size: 3 pad: 1 } }
layer { name: "bn1" type: "BatchNorm" bottom: "conv1" top: "bn1" batch_norm_param { use_global_stats: true } }
layer { name: "scale1" type: "Scale" bottom: "bn1" top: "scale1" scale_param { bias_term: true } }
layer { name: "relu1" type: "ReLU" bottom: "scale1" top: "scale1" }
layer { name: "side" type: "Pooling" bottom: "scale1" top: "side" pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "pool1" type: "Pooling" bottom: "scale1" top: "pool1" pooling_param { kernel_size: 3 stride: 2 } }
layer { name: "lrn" type: "LRN" bottom: "pool1" top: "lrn" lrn_param { local_size: 3 alpha: 0.5 } }
layer { name: "left" type: "Convolution" bottom: "lrn" top: "left" convolution_param { num_output: 4 kernel_size: 1 } }
layer { name: "right" type: "Convolution" bottom: "lrn" top: "right" convolution_param { num_output: 4 kernel_size: 3 pad: 1 group: 2 } }
layer { name: "concat" type: "Concat" bottom: "left" bottom: "right" top: "concat" }
layer { name: "prelu" type: "PReLU" bottom: "concat" top: "prelu" }
layer { name: "slice" type: "Slice" bottom: "prelu" top: "low" top: "high" }
layer { name: "eltwise" type: "Eltwise" bottom: "low" bottom: "high" top: "eltwise" eltwise_param { coeff: 1 coeff: 2 } }
layer { name: "up" type: "Deconvolution" bottom: "eltwise" top: "up" convolution_param { num_output: 4 group: 4 kernel_size: 2 stride: 2 bias_term: false } }
layer { name: "power" type: "Power" bottom: "up" top: "power" power_param { scale: 0.5 shift: 0.25 } }
layer { name: "permuted" type: "Permute" bottom: "power" top: "permuted" permute_param { order: 0 order: 1 order: 3 order: 2 } }
layer { name: "sigmoid" type: "Sigmoid" bottom: "permuted" top: "sigmoid" }
layer { name: "fc" type: "InnerProduct" bottom: "sigmoid" top: "fc" inner_product_param { num_output: 10 } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
`;

/** A fault: what is changed in the port's text, in its weights, or in what it is fed. */
interface Planted {
  fault: string;
  /** The layer that is wrong, which the reduced net must have. */
  at: string;
  text?: readonly [right: string, wrong: string];
  weights?: (blobs: readonly { data: Float32Array }[]) => void;
  input?: (data: Float32Array) => void;
  /** References that the dump has. Default: those of all layers. */
  only?: readonly string[];
}

const rolled = (data: Float32Array, by: number): void => data.set([...data.subarray(by), ...data.subarray(0, by)]);

const FAULTS: readonly Planted[] = [
  { fault: 'weights negated', at: 'conv1', weights: ([w]) => w!.data.forEach((v, i, d) => (d[i] = -v)) },
  { fault: 'kernels flipped', at: 'right', weights: ([w]) => w!.data.reverse() },
  { fault: 'half of the filters zero', at: 'left', weights: ([w]) => w!.data.fill(0, 0, w!.data.length >> 1) },
  { fault: 'a bias added', at: 'conv1', weights: ([, b]) => b!.data.forEach((v, i, d) => (d[i] = v + 1)) },
  { fault: 'another padding and dilation', at: 'right', text: ['pad: 1 group: 2', 'pad: 2 dilation: 2 group: 2'] },
  {
    fault: 'a rectifier that leaks',
    at: 'relu1',
    text: ['top: "scale1" }', 'top: "scale1" relu_param { negative_slope: 0.3 } }'],
  },
  { fault: 'eps', at: 'bn1', text: ['use_global_stats: true', 'use_global_stats: true eps: 0.5'] },
  {
    fault: 'the factor of the statistics',
    at: 'bn1',
    weights: ([, , factor]) => (factor!.data[0] = factor!.data[0]! * 0.5),
  },
  {
    fault: 'factor and offset exchanged',
    at: 'scale1',
    weights: ([g, b]) => {
      const gamma = g!.data.slice();
      g!.data.set(b!.data);
      b!.data.set(gamma);
    },
  },
  {
    fault: 'a mean for a maximum',
    at: 'pool1',
    text: ['kernel_size: 3 stride: 2', 'pool: AVE kernel_size: 3 stride: 2'],
  },
  {
    fault: 'sizes rounded down',
    at: 'side',
    text: ['kernel_size: 2 stride: 2 } }', 'kernel_size: 2 stride: 2 round_mode: FLOOR } }'],
  },
  { fault: 'alpha', at: 'lrn', text: ['alpha: 0.5', 'alpha: 5'] },
  {
    fault: 'bottoms exchanged',
    at: 'concat',
    text: ['bottom: "left" bottom: "right"', 'bottom: "right" bottom: "left"'],
  },
  { fault: 'slopes of other channels', at: 'prelu', weights: ([slopes]) => rolled(slopes!.data, 1) },
  {
    fault: 'tops exchanged',
    at: 'slice',
    text: ['top: "low" top: "high"', 'top: "high" top: "low"'],
    only: ['concat', 'prelu', 'eltwise', 'up'],
  },
  { fault: 'a coefficient', at: 'eltwise', text: ['coeff: 2', 'coeff: -2'] },
  { fault: 'another kernel', at: 'up', weights: ([w]) => rolled(w!.data, 1) },
  { fault: 'a shift', at: 'power', text: ['shift: 0.25', 'shift: 0.5'] },
  { fault: 'axes not exchanged', at: 'permuted', text: ['order: 3 order: 2', 'order: 2 order: 3'] },
  { fault: 'a tanh for a sigmoid', at: 'sigmoid', text: ['type: "Sigmoid"', 'type: "TanH"'] },
  { fault: 'columns of another order', at: 'fc', weights: ([w]) => rolled(w!.data, 7) },
  {
    fault: 'a softmax along the batch',
    at: 'prob',
    text: ['top: "prob" }', 'top: "prob" softmax_param { axis: 0 } }'],
  },
  { fault: 'planes of the image exchanged', at: 'conv1', input: (x) => rolled(x, 17 * 17) },
  // One reference before the fault and one behind it: what lies between is all suspect, and five layers.
  {
    fault: 'a shift, few references',
    at: 'power',
    text: ['shift: 0.25', 'shift: 0.5'],
    only: ['prelu', 'permuted', 'prob'],
  },
  // No reference near: the cause that verify finds says what the layer should give.
  {
    fault: 'a slope, two references',
    at: 'relu1',
    text: ['top: "scale1" }', 'top: "scale1" relu_param { negative_slope: 0.3 } }'],
    only: ['lrn'],
  },
];

type Arrays = Record<string, { shape: readonly number[]; data: Float32Array }>;

describe('faults planted in a net of 20 layers', () => {
  let right: Net;
  const references: Arrays = {};
  beforeAll(async () => {
    right = await Net.load(NET, { algorithm: 'gemm' });
    randomizeParams(right, 1);
    right.params.get('prelu')![0]!.data.forEach((_, i, slopes) => (slopes[i] = (i + 1) / 10));
    fillRandomInputs(right, 2);
    Object.assign(references, await outputsOf(right));
  });
  afterAll(() => right.dispose());

  test.each(FAULTS)(
    '$fault at $at: at most five layers that fail alone',
    async ({ at, text, weights, input, only }) => {
      if (text) expect(NET.split(text[0])).toHaveLength(2);
      const port = await Net.load(text ? NET.replace(...text) : NET, { algorithm: 'gemm' });
      try {
        port.blobs.get('data')!.data.set(right.blobs.get('data')!.data);
        for (const [name, blobs] of port.params)
          blobs.forEach((blob, i) => blob.data.set(right.params.get(name)![i]!.data));
        weights?.(port.params.get(at)!);
        input?.(port.blobs.get('data')!.data);
        const dump = only ? Object.fromEntries(only.map((name) => [name, references[name]!])) : references;
        const source = fromTensors(dump, 'refs');
        const report = await verify(port, { references: source, map: identityMap() });
        expect(report.ok).toBe(false);
        const reduced = await reducePort(port, report, { references: source });
        expect(reduced).toBeDefined();
        const names = reduced!.part.net.layer!.map(({ name }) => name);
        expect(names).toContain(at);
        expect(reduced!.part.layers.length).toBeLessThanOrEqual(5);
        expect(await failsAlone(reduced!)).toBe(true);
      } finally {
        port.dispose();
      }
    },
  );
});

/** What each layer gives, right after it ran. */
async function outputsOf(net: Net): Promise<Arrays> {
  const given: Arrays = {};
  await net.forward({
    onLayer: (index, { name, type }) => {
      if (type === 'Split' || type === 'Input') return;
      for (const top of net.topNamesOf(index)) {
        const { shape, data } = net.blobs.get(top)!;
        given[type === 'Slice' ? `${top}_output` : name] = { shape, data: data.slice() };
      }
    },
  });
  return given;
}

/** Verifies what a reduced port would be written as. */
async function failsAlone({ part, inputs, references }: ReducedPort): Promise<boolean> {
  const pieces: Uint8Array[] = [];
  await part.writeWeights({
    write: (bytes) => {
      pieces.push(bytes.slice());
      return Promise.resolve();
    },
  });
  const net = await Net.load(formatPrototxt(part.net), {
    weights: Buffer.concat(pieces),
    strict: true,
    algorithm: 'gemm',
  });
  try {
    for (const [blob, { data }] of inputs) net.blobs.get(blob)!.data.set(data);
    const source = fromTensors(Object.fromEntries(references), 'refs');
    return !(await verify(net, { references: source, map: blobMap(net), diagnose: false })).ok;
  } finally {
    net.dispose();
  }
}

const CHAIN = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 4 dim: 4 } } }
${['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, i, all) => `layer { name: "${name}" type: "Power" bottom: "${i === 0 ? 'data' : all[i - 1]!}" top: "${name}" power_param { scale: ${name === 'c' ? 1.5 : 1} shift: 0.25 } }`).join('\n')}
`;

test('layers between two references are all suspects, and said so', async () => {
  const net = await Net.load(CHAIN);
  try {
    fillRandomInputs(net, 1);
    const x = net.blobs.get('data')!.data;
    const value = (shift: number) => ({ shape: [1, 2, 4, 4], data: x.map((v) => v + shift) });
    const references = fromTensors({ a: value(0.25), h: value(2) }, 'refs');
    const report = await verify(net, { references, map: identityMap(), diagnose: false });
    const reduced = await reducePort(net, report, { references });
    expect(reduced).toMatchObject({ suspects: ['b', 'c', 'd', 'e', 'f', 'g'], wholeLayers: 8 });
    expect(reduced!.part.layers.map((index) => net.layerNames[index])).toEqual(['b', 'c', 'd', 'e', 'f', 'g', 'h']);
    expect(await failsAlone(reduced!)).toBe(true);
  } finally {
    net.dispose();
  }
});

test('a net whose layers all agree is not reduced', async () => {
  const net = await Net.load(CHAIN);
  try {
    fillRandomInputs(net, 1);
    const references = fromTensors(
      { a: { shape: [1, 2, 4, 4], data: net.blobs.get('data')!.data.map((v) => v + 0.25) } },
      'refs',
    );
    const report = await verify(net, { references, map: identityMap() });
    await expect(reducePort(net, report, { references })).rejects.toThrow(
      'every matched layer agrees: there is nothing to reduce',
    );
  } finally {
    net.dispose();
  }
});
