/** RT-Pose's peaks, derived by hand on small maps. */
import { expect, test } from '@jest/globals';
import { Net } from '../../src/runtime/net.js';

/** A map of zeros with some pixels set: [row, column, value]. */
function map(height: number, width: number, pixels: readonly (readonly [number, number, number])[]): number[] {
  const values = Array.from({ length: height * width }, () => 0);
  for (const [row, column, value] of pixels) values[row * width + column] = value;
  return values;
}

async function peaks(
  [channels, height, width]: readonly [number, number, number],
  maps: readonly number[][],
  settings: string,
): Promise<{ shape: readonly number[]; values: number[] }> {
  const net = await Net.load(`
    layer { name: "x" type: "Input" top: "x" input_param { shape { dim: ${maps.length / channels} dim: ${channels} dim: ${height} dim: ${width} } } }
    layer { name: "l" type: "Nms" bottom: "x" top: "y" nms_param { ${settings} } }`);
  try {
    const { shape, data } = (await net.forward({ inputs: { x: Float32Array.from(maps.flat()) } })).get('y')!;
    return { shape: [...shape], values: [...data] };
  } finally {
    net.dispose();
  }
}

test('finds what is above the threshold and all eight neighbours, and not on the border', async () => {
  const one = map(8, 8, [
    [0, 4, 1],
    [3, 3, 0.75],
    [3, 4, 0.75],
    [6, 6, 0.5],
    [6, 1, 0.25],
  ]);
  const other = map(8, 8, [[2, 5, 1]]);
  // The first map has two equal pixels, which are no peaks, one on the border and one below the threshold.
  const { shape, values } = await peaks([3, 8, 8], [one, other, other], 'threshold: 0.3 max_peaks: 2 num_parts: 2');
  expect(shape).toEqual([1, 2, 3, 3]);
  // Of (6, 6), rows and columns 3 to 7 count, among them (3, 3) and (3, 4) with their values.
  const [weight, x, y] = [0.5 + 0.75 + 0.75, 3 + 0.75 * 3 + 0.75 * 4, 3 + 0.75 * 3 + 0.75 * 3];
  expect(values).toEqual([1, 0, 0, x / weight, y / weight, 0.5, 0, 0, 0, 1, 0, 0, 5, 2, 1, 0, 0, 0].map(Math.fround));
});

test('counts more peaks than it lists, by rows and columns', async () => {
  const far = map(5, 20, [
    [1, 2, 1],
    [1, 10, 2],
    [3, 18, 4],
  ]);
  const { values } = await peaks([1, 5, 20], [far], 'max_peaks: 2 num_parts: 1');
  expect(values).toEqual([3, 0, 0, 2, 1, 1, 10, 1, 2]);
});

test('does not count rows at the width or beyond in a map that is higher than wide', async () => {
  const tall = map(9, 5, [
    [4, 2, 1],
    [5, 3, 0.5],
  ]);
  const { values } = await peaks([1, 9, 5], [tall], 'max_peaks: 1 num_parts: 1 threshold: 0.6');
  expect(values).toEqual([1, 0, 0, 2, 4, 1]);
});

test('reads on in the next channel below a map that is wider than high', async () => {
  const wide = map(3, 12, [[1, 6, 1]]);
  // Row 4 of the first map is row 1 of the second one.
  const next = map(3, 12, [[1, 5, 1]]);
  const { values } = await peaks([2, 3, 12], [wide, next], 'max_peaks: 1 num_parts: 1');
  expect(values).toEqual([1, 0, 0, 5.5, 2.5, 1]);
});

test('refuses fewer channels than parts', async () => {
  await expect(peaks([1, 3, 3], [map(3, 3, [])], '')).rejects.toThrow(
    'expected (N, C, H, W) with at least 15 channels',
  );
});

test('of a batch of images with more channels than parts, reads image n from channel n * num_parts on, as the GPU code does', async () => {
  const empty = map(8, 8, []);
  const peak = (row: number) => map(8, 8, [[row, 4, 1]]);
  const { shape, values } = await peaks([2, 8, 8], [peak(2), peak(3), empty, empty], 'max_peaks: 1 num_parts: 1');
  expect(shape).toEqual([2, 1, 2, 3]);
  expect(values).toEqual([1, 0, 0, 4, 2, 1, 1, 0, 0, 4, 3, 1]);
});
