/** The order in which libstdc++'s std::sort leaves equal elements, as g++ 12 ran it. SSD's keep_top_k depends on it. */
import { expect, test } from '@jest/globals';
import { stdSort } from '../../src/layers/shared/std-sort.js';
import { Net } from '../../src/runtime/net.js';

test.each([
  ['20 equal keys', 20, () => 1, [10, 19, 18, 17, 16, 15, 14, 13, 12, 11, 0, 9, 8, 7, 6, 5, 4, 3, 2, 1]],
  [
    '40 keys of four values',
    40,
    (i: number) => (i * 7) % 4,
    [
      ...[1, 25, 21, 17, 29, 13, 33, 9, 5, 37, 34, 10, 6, 14, 30, 38, 18, 26, 2, 22],
      ...[35, 31, 27, 39, 23, 19, 15, 11, 7, 3, 24, 20, 28, 16, 12, 32, 8, 36, 4, 0],
    ],
  ],
  [
    '70 keys of three values, in several partitions',
    70,
    (i: number) => (i * i) % 5,
    [
      ...[58, 47, 48, 32, 28, 27, 33, 52, 53, 23, 22, 57, 18, 17, 43, 37, 13, 12, 62, 2, 3, 63, 38, 8],
      ...[7, 42, 67, 68, 41, 46, 44, 56, 49, 51, 54, 1, 59, 61, 64, 66, 69, 26, 14, 11, 16, 19, 9, 21],
      ...[24, 6, 29, 31, 34, 4, 36, 39, 0, 65, 5, 10, 40, 60, 15, 20, 55, 25, 50, 30, 45, 35],
    ],
  ],
])('%s', (_, count, key, order) => {
  const pairs = Array.from({ length: count }, (_, i) => ({ key: key(i), i }));
  expect(stdSort(pairs, (a, b) => a.key > b.key).map(({ i }) => i)).toEqual(order);
});

test('keep_top_k among boxes of one score keeps those that std::sort puts first', async () => {
  const priors = 20;
  const net = await Net.load(`
    layer { name: "i" type: "Input" top: "loc" top: "conf" top: "priors" input_param {
      shape { dim: 1 dim: ${priors * 4} } shape { dim: 1 dim: ${priors * 2} } shape { dim: 1 dim: 2 dim: ${priors * 4} } } }
    layer { name: "d" type: "DetectionOutput" bottom: "loc" bottom: "conf" bottom: "priors" top: "y"
      detection_output_param { num_classes: 2 keep_top_k: 5 confidence_threshold: 0.5 nms_param { nms_threshold: 0.3 top_k: 400 } } }`);
  net.blobs.get('conf')!.data.fill(1);
  // Boxes side by side, which do not overlap; no variances, so that the offsets of 0 leave them.
  net.blobs.get('priors')!.data.set(Array.from({ length: priors }, (_, i) => [i, 0, i + 0.5, 1]).flat());
  const out = await net.forward();
  const left = Array.from({ length: 5 }, (_, row) => out.get('y')!.data[7 * row + 3]);
  expect(left).toEqual([10, 19, 18, 17, 16]);
  net.dispose();
});
