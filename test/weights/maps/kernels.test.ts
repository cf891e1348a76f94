/** Kernels that move values: each construction, packed by a rule file and run, gives what PyTorch or TensorFlow does. */
import { describe, expect, test } from '@jest/globals';
import { parsePrototxt } from '../../../src/proto/prototxt.js';
import { toBytes } from '../../../src/proto/random-access.js';
import { Net } from '../../../src/runtime/index.js';
import { fromTensors, packWeights, ruleMap, type KernelRule } from '../../../src/weights/index.js';

/** Runs one layer on the values 0, 1, 2 … of a shape; its only blob is filled by a rule. */
async function run(shape: readonly number[], type: string, param: string, rule: Omit<KernelRule, 'layer' | 'blob'>) {
  const dims = shape.map((dim) => `dim: ${dim}`).join(' ');
  const net = parsePrototxt(
    `layer { name: "x" type: "Input" top: "x" input_param { shape { ${dims} } } }` +
      `layer { name: "y" type: "${type}" bottom: "x" top: "y" convolution_param { bias_term: false ${param} } }`,
  );
  const sink = toBytes();
  const map = ruleMap({ rules: [{ layer: 'y', blob: 0, ...rule }] });
  await packWeights({ net, source: fromTensors({}), map, sink });
  const built = await Net.load(net, { weights: sink.bytes() });
  try {
    const x = built.blobs.get('x')!;
    x.data.set(Float32Array.from({ length: x.count }, (_, i) => i));
    await built.forward();
    const y = built.blobs.get('y')!;
    return { shape: [...y.shape], values: Array.from(y.data) };
  } finally {
    built.dispose();
  }
}

type Index = readonly [channel: number, y: number, x: number];

/** The values of an image whose place (c, y, x) holds what the source has at `from(c, y, x)`. */
function moved(
  [, channels, height, width]: readonly [number, number, number, number],
  [, sourceHeight, sourceWidth]: Index,
  from: (...place: Index) => Index,
): number[] {
  const values: number[] = [];
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const [channel, row, column] = from(c, y, x);
        values.push((channel * sourceHeight + row) * sourceWidth + column);
      }
  return values;
}

const r = 2;
const half = Math.floor;

/** Of the large image's place the small image's, for each order of channels. */
const ORDERS: Record<string, (channels: number) => (c: number, y: number, x: number) => number> = {
  pixelShuffle: () => (c, y, x) => c * r * r + (y % r) * r + (x % r),
  depthToSpace: (channels) => (c, y, x) => ((y % r) * r + (x % r)) * channels + c,
  focus: (channels) => (c, y, x) => ((x % r) * r + (y % r)) * channels + c,
};

describe.each(Object.keys(ORDERS))('%s', (name) => {
  const large = [1, 3, 4, 6] as const;
  const small = [1, 12, 2, 3] as const;
  const channelOf = ORDERS[name]!(3);
  const params = name === 'pixelShuffle' ? ['', 'group: 3'] : [''];

  test.each(params)('a Deconvolution makes the large image: %s', async (group) => {
    const result = await run(small, 'Deconvolution', `num_output: 3 kernel_size: 2 stride: 2 ${group}`, { [name]: 2 });
    expect(result.shape).toEqual(large);
    const wanted = moved(large, [12, 2, 3], (c, y, x) => [channelOf(c, y, x), half(y / r), half(x / r)]);
    expect(result.values).toEqual(wanted);
  });

  test.each(params)('a Convolution makes the small one: %s', async (group) => {
    const result = await run(large, 'Convolution', `num_output: 12 kernel_size: 2 stride: 2 ${group}`, { [name]: 2 });
    expect(result.shape).toEqual(small);
    // What goes to each place of the large image comes from there.
    const inverse = moved(large, [12, 2, 3], (c, y, x) => [channelOf(c, y, x), half(y / r), half(x / r)]);
    const wanted: number[] = [];
    inverse.forEach((to, from) => (wanted[to] = from));
    expect(result.values).toEqual(wanted);
  });
});

test('channelShuffle: a 1x1 Convolution', async () => {
  const result = await run([1, 6, 1, 2], 'Convolution', 'num_output: 6 kernel_size: 1', { channelShuffle: 2 });
  // torch: x.view(1, 2, 3, 1, 2).transpose(1, 2).reshape(1, 6, 1, 2)
  expect(result.values).toEqual([0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11]);
});

test.each([
  [
    [1, 12, 2, 3],
    'num_output: 3 kernel_size: 3',
    { pixelShuffle: 2 },
    '4C x C x 2 x 2, or 4C x 1 x 2 x 2 with group: C, got 12x3x3x3',
  ],
  [
    [1, 12, 2, 3],
    'num_output: 3 kernel_size: 2 group: 3',
    { focus: 2 },
    '4C x C x 2 x 2: its channels do not lie in groups, got 12x1x2x2',
  ],
  [
    [1, 5, 2, 3],
    'num_output: 5 kernel_size: 1',
    { channelShuffle: 2 },
    'C x C x 1 x 1, C a multiple of 2, got 5x5x1x1',
  ],
])('a blob of another shape: %p, %s, %p', async (shape, param, rule, message) => {
  await expect(run(shape, 'Deconvolution', param, rule)).rejects.toThrow(`rule 1: expected a blob of ${message}`);
});

test('a size that is none', () => {
  expect(() => ruleMap({ rules: [{ layer: 'y', blob: 0, pixelShuffle: 1.5 }] })).toThrow(
    "rule 1, 'pixelShuffle': expected a whole number from 1 on, got 1.5",
  );
});
