/** Where values lie that differ from a reference, in words. */
import { expect, test } from '@jest/globals';
import { describeDifference } from '../../src/verify/difference-place.js';
import { nonFiniteLine, nonFiniteReference } from '../../src/verify/non-finite.js';
import { filled, mapped } from '../../src/verify/tensors.js';

const IMAGE = filled([1, 4, 9, 12], 1);
const tolerance = { rtol: 1e-3, atol: 1e-4 };
const row = (i: number) => Math.floor(i / 12) % 9;
const column = (i: number) => i % 12;
const channel = (i: number) => Math.floor(i / 108);
const where = (differs: (i: number) => boolean) =>
  describeDifference(
    mapped(IMAGE, (v, i) => (differs(i) ? 2 : v)),
    IMAGE,
    tolerance,
  );

test.each([
  [
    'a frame',
    (i: number) => row(i) < 2 || row(i) > 6 || column(i) < 2 || column(i) > 9,
    'all 272 values that differ lie within 2 rows or columns of the edge: the border differs, the interior agrees',
  ],
  [
    'the last row and column',
    (i: number) => row(i) === 8 || column(i) === 11,
    'all 80 values that differ lie within 1 row or column of the edge (bottom, right): the border differs, the interior agrees',
  ],
  ['a channel', (i: number) => channel(i) === 2, 'the values that differ lie in 1 of 4 channels: 2; the others agree'],
])('%s', (_, differs, line) => {
  expect(where(differs)).toEqual([line, 'its values lie from 1 to 2, those of the reference from 1 to 1']);
});

test('everywhere: the ranges only', () => {
  expect(where(() => true)).toEqual(['its values lie from 2 to 2, those of the reference from 1 to 1']);
});

test('a few values near the edge are no border, and a few of a channel no channel', () => {
  expect(where((i) => i === 3 || i === 107)).toHaveLength(1);
  expect(where((i) => channel(i) === 2 && i % 7 === 0)).toHaveLength(1);
});

test('a reference that holds NaN is said to', () => {
  const { shape, data } = mapped(IMAGE, (v, i) => (i === 130 ? NaN : v));
  expect(nonFiniteLine(nonFiniteReference('conv1', shape, data)!)).toBe(
    "the reference 'conv1' holds NaN: 1 of 432 values, the first at [0, 1, 1, 10]: the model gave it, or it arose as the reference was saved",
  );
});
