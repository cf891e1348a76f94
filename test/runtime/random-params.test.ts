/** Random parameters: which are filled, how large they are, and that a deep net stays finite with them. */
import { describe, expect, test } from '@jest/globals';
import { Net } from '../../src/runtime/net.js';
import { fillRandomly, randomizeParams } from '../../src/runtime/random-params.js';

const input = (shape: string): string =>
  `layer { name: "x" type: "Input" top: "x" input_param { shape { ${shape} } } }`;

async function randomized(prototxt: string, seed?: number): Promise<Net> {
  const net = await Net.load(prototxt);
  randomizeParams(net, seed);
  return net;
}

function variance(values: Float32Array): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
}

describe('randomizeParams', () => {
  test('weights get the variance 2 / inputs, biases stay', async () => {
    const net = await randomized(`${input('dim: [1, 64, 4, 4]')}
      layer { name: "c" type: "Convolution" bottom: "x" top: "c"
              convolution_param { num_output: 256 kernel_size: 3 bias_filler { value: 0.5 } } }
      layer { name: "ip" type: "InnerProduct" bottom: "c" top: "ip"
              inner_product_param { num_output: 100 weight_filler { type: "xavier" } } }`);
    const [weights, bias] = net.params.get('c')!.map((blob) => blob.data);
    // 65,521 different uniform values repeated: the variance's relative standard error is sqrt(0.8 / 65,521) = 0.35 %;
    // five of them are allowed.
    expect(Math.abs((variance(weights!) * 64 * 9) / 2 - 1)).toBeLessThan(0.018);
    expect([...new Set(bias)]).toEqual([0.5]);
    expect(Math.abs((variance(net.params.get('ip')![0]!.data) * 256 * 4) / 2 - 1)).toBeLessThan(0.018);
    net.dispose();
  });

  test('no two rows are equal, though values repeat, nor are two layers', async () => {
    const conv = (name: string): string => `layer { name: "${name}" type: "Convolution" bottom: "x" top: "${name}"
      convolution_param { num_output: 600 kernel_size: 3 bias_term: false } }`;
    const net = await randomized(`${input('dim: [1, 16, 4, 4]')} ${conv('a')} ${conv('b')}`);
    const [a, b] = ['a', 'b'].map((name) => net.params.get(name)![0]!.data);
    const rows = Array.from({ length: 600 }, (_, i) => a!.subarray(i * 144, (i + 1) * 144).join());
    expect(new Set(rows).size).toBe(600);
    expect(b).not.toEqual(a);
    net.dispose();
  });

  test('a kernel that upsamples stays, a random filler and an explicit 0 are replaced', async () => {
    const deconv = (name: string, filler: string): string => `layer { name: "${name}" type: "Deconvolution" bottom: "x"
      top: "${name}" convolution_param { num_output: 4 group: 4 kernel_size: 2 stride: 2 bias_term: false ${filler} } }`;
    const net = await randomized(`${input('dim: [1, 4, 4, 4]')}
      ${deconv('ones', 'weight_filler { value: 1 }')} ${deconv('smooth', 'weight_filler { type: "bilinear" }')}
      ${deconv('zeros', 'weight_filler { value: 0 }')} ${deconv('none', '')}
      ${deconv('large', 'weight_filler { type: "uniform" min: 50 max: 51 }')}`);
    const distinct = (name: string) => new Set(net.params.get(name)![0]!.data).size;
    expect(['ones', 'smooth', 'zeros', 'none', 'large'].map(distinct)).toEqual([1, 1, 16, 16, 16]);
    expect(Math.max(...net.params.get('large')![0]!.data)).toBeLessThan(10);
    net.dispose();
  });

  test('what layers share is filled once, and the same seed gives the same', async () => {
    const shared = (name: string): string => `layer { name: "${name}" type: "InnerProduct" bottom: "x" top: "${name}"
      param { name: "w" } inner_product_param { num_output: 3 bias_term: false } }`;
    const prototxt = `${input('dim: [1, 5]')} ${shared('a')} ${shared('b')}`;
    const nets = [await randomized(prototxt), await randomized(prototxt, 0), await randomized(prototxt, 1)];
    const [a, b] = nets.map((net) => net.params.get('a')![0]!.data);
    expect(nets[0]!.params.get('b')![0]!.ptr).toBe(nets[0]!.params.get('a')![0]!.ptr);
    expect(b).toEqual(a);
    expect(nets[2]!.params.get('a')![0]!.data).not.toEqual(a);
    for (const net of nets) net.dispose();
  });

  test('outputs of forty convolutions, with and without BatchNorm, are finite and not lost', async () => {
    for (const norm of [true, false]) {
      const block = (i: number): string => `
        layer { name: "c${i}" type: "Convolution" bottom: "${i ? `c${i - 1}` : 'x'}" top: "c${i}"
                convolution_param { num_output: 32 kernel_size: 3 pad: 1 } }
        ${norm ? `layer { name: "n${i}" type: "BatchNorm" bottom: "c${i}" top: "c${i}" }` : ''}
        layer { name: "r${i}" type: "ReLU" bottom: "c${i}" top: "c${i}" }`;
      const net = await randomized(
        input('dim: [1, 3, 8, 8]') + Array.from({ length: 40 }, (_, i) => block(i)).join(''),
      );
      fillRandomly(net.blobs.get('x')!.data);
      const y = (await net.forward()).get('c39')!.data;
      expect(y.every(Number.isFinite)).toBe(true);
      // Each layer keeps the mean square but for the border, where a quarter to a half of the window is outside: at worst
      // (1/2)^40 = 1e-12 of it, 1e-6 in size.
      expect(Math.max(...y)).toBeGreaterThan(1e-6);
      net.dispose();
    }
  });
});

test('fillRandomly: uniform in [-1, 1), the same for the same seed and index', () => {
  const [a, b, c, d] = [
    [0, 0],
    [0, 0],
    [1, 0],
    [0, 1],
  ].map(([seed, index]) => {
    const data = new Float32Array(10_000);
    fillRandomly(data, seed, index);
    return data;
  }) as [Float32Array, Float32Array, Float32Array, Float32Array];
  expect(b).toEqual(a);
  expect(c).not.toEqual(a);
  expect(d).not.toEqual(a);
  // The variance of 10,000 uniform values is 1/3 with a standard error of 0.3 %.
  expect(Math.abs(variance(a) * 3 - 1)).toBeLessThan(0.015);
  expect([Math.min(...a) >= -1, Math.max(...a) < 1]).toEqual([true, true]);
});
