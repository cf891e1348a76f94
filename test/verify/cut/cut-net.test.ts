/** cutNet: parts of nets give what the whole gives, whatever lies where they were cut. */
import { describe, expect, test } from '@jest/globals';
import { cutNet, fillRandomInputs, formatPrototxt, Net, randomizeParams, type CutNet } from '../../../src/index.js';
import { namedNet } from '../../../src/nets/named-nets.js';

const NET = `
name: "chain"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" param { name: "w" } param { name: "b" } convolution_param { num_output: 3 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "bn1" type: "Power" bottom: "conv1" top: "conv1" power_param { scale: 2 shift: -0.1 } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "conv2" type: "Convolution" bottom: "conv1" top: "conv2" param { name: "w" } param { name: "b" } convolution_param { num_output: 3 kernel_size: 3 pad: 1 } include { phase: TEST } }
layer { name: "conv3" type: "Convolution" bottom: "conv1" top: "conv3" param { name: "w" } param { name: "b" } convolution_param { num_output: 3 kernel_size: 3 pad: 1 } }
layer { name: "sum" type: "Eltwise" bottom: "conv2" bottom: "conv3" top: "sum" loss_weight: 2 }
`;

/** Runs a whole net and a part of it, fed what the whole holds where it was cut; the largest difference of the outputs. */
async function difference(net: Net, part: CutNet): Promise<number> {
  const pieces: Uint8Array[] = [];
  await part.writeWeights({
    write: (bytes) => {
      pieces.push(bytes.slice());
      return Promise.resolve();
    },
  });
  const alone = await Net.load(formatPrototxt(part.net), {
    weights: Buffer.concat(pieces),
    strict: true,
    algorithm: 'gemm',
  });
  try {
    expect(alone.inputs).toEqual(part.inputs.map(({ blob }) => blob));
    const wanted = new Map<string, Float32Array>();
    await net.forward({
      onLayer: (index) => {
        const value = (top: number) => net.blobs.get(net.topNamesOf(index)[top]!)!.data.slice();
        for (const { blob, version } of part.inputs)
          if (version.layer === index) alone.blobs.get(blob)!.data.set(value(version.top));
        for (const { blob, version } of part.outputs) if (version.layer === index) wanted.set(blob, value(version.top));
      },
    });
    await alone.forward();
    let most = 0;
    for (const [blob, values] of wanted)
      alone.blobs.get(blob)!.data.forEach((v, i) => (most = Math.max(most, Math.abs(v - values[i]!))));
    expect(wanted.size).toBe(part.outputs.length);
    return most;
  } finally {
    alone.dispose();
  }
}

async function withNet<T>(text: string, action: (net: Net) => Promise<T> | T): Promise<T> {
  const net = await Net.load(text, { algorithm: 'gemm', seed: 1 });
  try {
    randomizeParams(net, 1);
    fillRandomInputs(net, 2);
    return await action(net);
  } finally {
    net.dispose();
  }
}

describe('cutNet', () => {
  test('a part behind an in-place chain reads what the chain leaves, and keeps shared parameters and loss weights', () =>
    withNet(NET, async (net) => {
      const part = cutNet(net, { from: ['conv1'], to: ['sum'] });
      expect(part.net.layer!.map(({ name }) => name)).toEqual(['conv1', 'conv2', 'conv3', 'sum']);
      expect(part.net.layer![1]).toMatchObject({ param: [{ name: 'w' }, { name: 'b' }] });
      expect(part.net.layer![1]!.include).toBeUndefined();
      expect(part.net.layer![3]).toMatchObject({ loss_weight: [2] });
      expect(part.inputs).toMatchObject([{ blob: 'conv1', whole: 'conv1', shape: [1, 3, 8, 8] }]);
      expect(await difference(net, part)).toBe(0);
    }));

  test('blob@layer cuts inside an in-place chain, on either side', () =>
    withNet(NET, async (net) => {
      const head = cutNet(net, { to: ['conv1@bn1'] });
      expect(head.net.layer!.map(({ name }) => name)).toEqual(['data', 'conv1', 'bn1']);
      expect(await difference(net, head)).toBe(0);
      const tail = cutNet(net, { from: ['conv1@bn1'], to: ['conv1', 'conv2'] });
      expect(tail.net.layer!.map(({ name }) => name)).toEqual(['conv1', 'relu1', 'conv2']);
      expect(tail.net.layer![1]).toMatchObject({ bottom: ['conv1'], top: ['conv1'] });
      expect(tail.remarks).toEqual([
        "'conv1' is read by layer 'conv2', so that Caffe does not list it among the outputs",
      ]);
      expect(await difference(net, tail)).toBe(0);
    }));

  test('an output that an in-place layer of the part would overwrite is kept', () =>
    withNet(NET, async (net) => {
      const part = cutNet(net, { from: ['data'], to: ['conv1@conv1', 'conv1'] });
      expect(part.net.layer!.map(({ top }) => top)).toEqual([['data'], ['conv1'], ['bn1'], ['bn1']]);
      expect(part.outputs.map(({ blob, whole }) => [blob, whole])).toEqual([
        ['conv1', 'conv1@conv1'],
        ['bn1', 'conv1'],
      ]);
      expect(await difference(net, part)).toBe(0);
    }));

  test('a value that is fed bears another name where a layer of the part writes its blob', () =>
    withNet(NET, async (net) => {
      const part = cutNet(net, { from: ['conv1', 'conv3'], to: ['sum', 'conv1@conv1'] });
      expect(part.inputs.map(({ blob }) => blob)).toEqual(['data', 'conv1_relu1', 'conv3']);
      expect(part.net.layer!.find(({ name }) => name === 'conv2')!.bottom).toEqual(['conv1_relu1']);
      expect(await difference(net, part)).toBe(0);
    }));

  test('names that the net has not, and cuts that nothing reads, are refused', () =>
    withNet(NET, (net) => {
      expect(() => cutNet(net, { from: ['conv4'] })).toThrow("options.from: the net has no blob 'conv4'");
      expect(() => cutNet(net, { to: ['conv1@relu2'] })).toThrow(
        "options.to: layer 'relu2' does not write blob 'conv1'",
      );
      expect(() => cutNet(net, { from: ['conv3'], to: ['conv2'] })).toThrow(
        "blob 'conv3' has no part in 'conv2': nothing on the way there reads it",
      );
      expect(() => cutNet(net, { from: ['sum'], to: ['sum'] })).toThrow(
        "blob 'sum' is where the part begins and where it ends",
      );
    }));

  // A residual net, one with multi-top layers, one with in-place chains and concatenations.
  test.each([
    ['squeezenet-1.1', ['fire5/concat'], ['fire8/concat']],
    ['shufflenet-v2', undefined, undefined],
    ['mobilenet-v2', undefined, undefined],
  ])('%s: a part in the middle gives what the whole gives', async (name, from, to) => {
    const text = formatPrototxt(namedNet(name).build());
    await withNet(text, async (net) => {
      const names = [...net.blobs.keys()].filter((blob) => !blob.includes('_split_'));
      const at = (part: number) => names[Math.floor(names.length * part)]!;
      const part = cutNet(net, { from, to: to ?? [at(0.4), at(0.6)] });
      expect(await difference(net, part)).toBe(0);
    });
  });
});
