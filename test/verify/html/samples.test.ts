/** What the HTML report counts and pictures of a layer's values. */
import { describe, expect, test } from '@jest/globals';
import { ERROR_BINS, sampleOf } from '../../../src/verify/html/samples.js';
import { worstPlanes } from '../../../src/verify/html/planes.js';

const f32 = (...values: number[]) => Float32Array.from(values);

describe('sampleOf', () => {
  test('counts both sides over one range, and the differences by power of ten', () => {
    const sample = sampleOf(f32(0, 1, 2, 4), f32(0, 1.5, 2, 2));
    expect(sample).toMatchObject({ from: 0, to: 4, counted: 4, count: 4 });
    // 32 bins of 1/8.
    const filled = (counts: number[]) => counts.flatMap((count, bin) => (count ? [[bin, count]] : []));
    expect(filled(sample.actual)).toEqual([
      [0, 1],
      [8, 1],
      [16, 1],
      [31, 1],
    ]);
    expect(filled(sample.reference)).toEqual([
      [0, 1],
      [12, 1],
      [16, 2],
    ]);
    // Differences 0, 0.5, 0, 2.
    expect(filled(sample.errors).map(([bin, count]) => [ERROR_BINS[bin!], count])).toEqual([
      ['0', 2],
      ['1e0', 1],
      ['1e1', 1],
    ]);
  });

  test.each([
    [0, '0'],
    [1e-12, '1e-8'],
    [2e-8, '1e-7'],
    [0.05, '1e-1'],
    [9, '1e1'],
    [10, 'more'],
    [NaN, 'more'],
    [Infinity, 'more'],
  ])('a difference of %p is counted below %p', (difference, bin) => {
    const { errors } = sampleOf(f32(difference), f32(0));
    expect(ERROR_BINS[errors.indexOf(1)]).toBe(bin);
  });

  test('values that are not finite have no place in the range, and agree with themselves', () => {
    const sample = sampleOf(f32(NaN, Infinity, 3), f32(NaN, Infinity, 3));
    expect(sample).toMatchObject({ from: 3, to: 3 });
    expect([sample.actual[0], sample.errors[0]]).toEqual([1, 3]);
  });

  test('a large layer is counted at evenly spread values', () => {
    const sample = sampleOf(new Float32Array(1_000_000), new Float32Array(1_000_000));
    expect(sample.count).toBe(1_000_000);
    expect(sample.counted).toBe(sample.errors[0]);
    expect(sample.counted).toBeLessThanOrEqual(131_072);
    expect(sample.counted).toBeGreaterThan(100_000);
  });
});

describe('worstPlanes', () => {
  test('the channels that differ, the worst first, on one scale', () => {
    // Three channels of 1x2: equal, off by 1, off by 4 and -2.
    const planes = worstPlanes([1, 3, 1, 2], f32(1, 1, 0, 1, 4, 0), f32(1, 1, 0, 0, 0, 2));
    expect(planes.map(({ label, low, high, limit }) => ({ label, low, high, limit }))).toEqual([
      { label: 'channel 2', low: 0, high: 4, limit: 4 },
      { label: 'channel 1', low: 0, high: 1, limit: 1 },
    ]);
    // 1 is the least and 255 the most; a difference of 0 would be 128: 4 of ±4, -2 of ±4.
    expect([...planes[0]!.actual]).toEqual([255, 1]);
    expect([...planes[0]!.reference]).toEqual([1, 128]);
    expect([...planes[0]!.difference]).toEqual([255, 65]);
  });

  test('one wrong value in a large channel is still seen when it is made small', () => {
    const [actual, reference] = [new Float32Array(200 * 300), new Float32Array(200 * 300)];
    actual[123 * 300 + 77] = 1;
    const [plane] = worstPlanes([1, 1, 200, 300], actual, reference);
    expect(plane).toMatchObject({ width: 96, height: 96, fullWidth: 300, fullHeight: 200 });
    const at = Math.floor((123 * 96) / 200) * 96 + Math.floor((77 * 96) / 300);
    expect(plane!.difference.indexOf(255)).toBe(at);
    expect(plane!.difference.filter((byte) => byte !== 128)).toHaveLength(1);
  });

  test('a vector is shown in rows, a place beyond its end as none', () => {
    const actual = new Float32Array(70);
    actual[69] = 5;
    const [plane] = worstPlanes([1, 70], actual, new Float32Array(70));
    expect(plane).toMatchObject({ label: 'all 70 values, in rows of 64', width: 64, height: 2 });
    expect(plane!.difference[69]).toBe(255);
    expect(plane!.difference[70]).toBe(0);
  });

  test('NaN on one side is the worst difference, and a pixel of its own kind', () => {
    const planes = worstPlanes([2, 1, 1, 2], f32(0, 9, NaN, 1), f32(0, 0, 0, 1));
    expect(planes.map(({ label }) => label)).toEqual(['sample 1, channel 0', 'sample 0, channel 0']);
    expect([...planes[0]!.actual]).toEqual([0, 255]);
    expect([...planes[0]!.difference]).toEqual([0, 128]);
  });

  test('equal arrays have nothing to show', () => {
    expect(worstPlanes([1, 2, 1, 1], f32(1, 2), f32(1, 2))).toEqual([]);
  });
});
