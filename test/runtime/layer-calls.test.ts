/** When layers are reshaped: when a shape has changed, and a user's own layer before each pass. */
import { expect, jest, test } from '@jest/globals';
import { Layer } from '../../src/layers/layer.js';
import { ConvolutionLayer } from '../../src/layers/convolution.js';
import { registerLayer, unregisterLayer } from '../../src/layers/registry.js';
import type { Blob } from '../../src/engine/blob.js';
import { Net } from '../../src/runtime/net.js';

const INPUT = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 dim: 4 dim: 4 } } }\n';
const CONV =
  'layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 3 kernel_size: 3 } }\n';

test('a built-in layer is reshaped when a shape has changed', async () => {
  const net = await Net.load(INPUT + CONV, { threads: 1 });
  await net.forward();
  const reshape = jest.spyOn(ConvolutionLayer.prototype, 'reshape');
  try {
    for (let pass = 0; pass < 3; pass++) await net.forward();
    expect(reshape).not.toHaveBeenCalled();
    net.blobs.get('x')!.reshape([2, 2, 6, 5]);
    const outputs = await net.forward();
    expect(outputs.get('c')!.shape).toEqual([2, 3, 4, 3]);
    expect(reshape).toHaveBeenCalled();
    const { length } = reshape.mock.calls;
    await net.forward();
    expect(reshape).toHaveBeenCalledTimes(length);
    // A top that someone else gave a shape is put right again.
    net.blobs.get('c')!.reshape([1]);
    await net.forward();
    expect(net.blobs.get('c')!.shape).toEqual([2, 3, 4, 3]);
  } finally {
    reshape.mockRestore();
    net.dispose();
  }
});

test('a net that keeps its outputs only takes other shapes too', async () => {
  const net = await Net.load(INPUT + CONV, { threads: 1, outputsOnly: true });
  try {
    await net.forward();
    net.blobs.get('x')!.reshape([2, 2, 6, 5]);
    expect((await net.forward()).get('c')!.shape).toEqual([2, 3, 4, 3]);
    net.blobs.get('x')!.reshape([1, 2, 4, 4]);
    expect((await net.forward()).get('c')!.shape).toEqual([1, 3, 2, 2]);
  } finally {
    net.dispose();
  }
});

test("a user's own layer is reshaped before each pass", async () => {
  let calls = 0;
  class Counting extends Layer {
    override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
      calls++;
      y!.reshapeLike(x!);
    }

    override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
      y!.data.set(x!.data);
    }
  }
  registerLayer('Counting', Counting);
  const net = await Net.load(INPUT + 'layer { name: "n" type: "Counting" bottom: "x" top: "n" }');
  try {
    const before = calls;
    for (let pass = 0; pass < 3; pass++) await net.forward();
    expect(calls - before).toBe(3);
  } finally {
    net.dispose();
    unregisterLayer('Counting');
  }
});

test('what a layer refuses has its name, in a pass too', async () => {
  const net = await Net.load(INPUT + CONV);
  try {
    net.blobs.get('x')!.reshape([1, 5, 4, 4]);
    await expect(net.forward()).rejects.toThrow(
      "layer 'c' (Convolution): Input size incompatible with convolution kernel",
    );
  } finally {
    net.dispose();
  }
});
