/** How ranges are chosen from the spread of values. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../src/engine/random.js';
import { METHOD_NAMES, METHODS } from '../../src/simulate/calibration/index.js';
import { Histogram, SIDE_BINS } from '../../src/simulate/histogram.js';
import { quantizeInPlace, symmetricQuantizer } from '../../src/simulate/quantizer.js';

function histogramOf(...parts: (Float32Array | readonly number[])[]): Histogram {
  const histogram = new Histogram();
  for (const part of parts) histogram.add(Float32Array.from(part));
  return histogram;
}

/** Sums of twelve uniform numbers, which are near to a normal distribution of deviation 1. */
function normal(count: number, seed = 1): Float32Array {
  const random = seededRandom(seed, 'normal');
  return Float32Array.from({ length: count }, () => Array.from({ length: 12 }, random).reduce((a, b) => a + b, -6));
}

test('each file of calibration/ is a row of the table, and the other way round', () => {
  const files = readdirSync(path.join(import.meta.dirname, '../../src/simulate/calibration')).map((name) =>
    name.slice(0, -3),
  );
  expect(files.filter((name) => !['method', 'index'].includes(name)).sort()).toEqual([...METHOD_NAMES].sort());
  for (const name of METHOD_NAMES) expect(METHODS[name].name).toBe(name);
});

describe('the histogram', () => {
  test('is the same, whatever the order of the samples', () => {
    const [small, large] = [Float32Array.of(0.1, -0.2, 0.3, 0), Float32Array.of(100, -7, 0.3)];
    const [up, down] = [histogramOf(small, large), histogramOf(large, small)];
    expect([...up.bins]).toEqual([...down.bins]);
    expect([up.min, up.max, up.count, up.zeros, up.limit]).toEqual([-7, 100, 7, 1, 128]);
    expect(up.bins.reduce((a, b) => a + b)).toBe(6);
  });

  test('keeps each value in the bin that it belongs to when the bins grow', () => {
    const histogram = histogramOf([0.75, -0.75, 0.5], [12]);
    const width = 16 / SIDE_BINS;
    const filled = [...histogram.bins].flatMap((count, i) => (count > 0 ? [[(i - SIDE_BINS) * width, count]] : []));
    expect(filled).toEqual([
      // Bins of negative values begin at their far end.
      [-0.75 - width, 1],
      [0.5, 1],
      [0.75, 1],
      [12, 1],
    ]);
  });

  test('counts what is not finite, and what is beyond bounds, apart', () => {
    const histogram = new Histogram({ most: 10, least: 0.01 });
    histogram.add(Float32Array.of(NaN, Infinity, 20, -30, 0.001, 0, 5));
    expect(histogram).toMatchObject({ nonFinite: 2, beyond: 2, below: 1, zeros: 1, min: -30, max: 20 });
    expect(new Histogram().maxAbs).toBe(0);
  });

  test('says which part of all values is outside a range', () => {
    const histogram = histogramOf(Float32Array.from({ length: 1000 }, (_, i) => i / 1000 - 0.5));
    expect(histogram.outside(-0.25, 0.25)).toBeCloseTo(0.5, 2);
    expect(histogram.outside(-1, 1)).toBe(0);
  });
});

const SETTINGS = { zeroPoint: false, percentile: 99 };

describe('min-max', () => {
  test('takes the whole range, even around 0 without zero points', () => {
    const histogram = histogramOf([-1, 3]);
    expect(METHODS['min-max'].range(histogram, SETTINGS)).toEqual({ min: -3, max: 3 });
    expect(METHODS['min-max'].range(histogram, { ...SETTINGS, zeroPoint: true })).toEqual({ min: -1, max: 3 });
  });
});

describe('percentile', () => {
  test('leaves out so many of the farthest values, and no more', () => {
    const histogram = histogramOf(Float32Array.from({ length: 1000 }, (_, i) => i + 1));
    const { max } = METHODS.percentile.range(histogram, SETTINGS);
    // Ten of 1000 values are beyond 990; the bins are 1024 / 2048 wide.
    expect(max).toBeGreaterThanOrEqual(990);
    expect(max).toBeLessThan(991);
    expect(METHODS.percentile.range(histogram, { ...SETTINGS, percentile: 100 }).max).toBe(1000);
  });

  test('leaves out half of them at each end with zero points', () => {
    const histogram = histogramOf(Float32Array.from({ length: 2001 }, (_, i) => i - 1000));
    const { min, max } = METHODS.percentile.range(histogram, { percentile: 90, zeroPoint: true });
    expect([Math.round(min / 10), Math.round(max / 10)]).toEqual([-90, 90]);
  });
});

describe('kl', () => {
  test('clamps far values, and has less error for the others than min-max', () => {
    const values = normal(20_000);
    values[7] = 60;
    const histogram = histogramOf(values);
    const { min, max } = METHODS.kl.range(histogram, SETTINGS);
    expect(max).toBe(-min);
    // The deviation is 1: four of them hold all but one of 16,000 values.
    expect(max).toBeGreaterThan(2.5);
    expect(max).toBeLessThan(8);
    const noise = (threshold: number): number => {
      const copy = values.slice(100);
      quantizeInPlace(copy, symmetricQuantizer(threshold));
      return copy.reduce((sum, value, i) => sum + (value - values[i + 100]!) ** 2, 0);
    };
    expect(noise(max)).toBeLessThan(noise(60) / 10);
  });

  test('holds nearly all values where they lie in one place', () => {
    const histogram = histogramOf(
      Float32Array.from({ length: 500 }, (_, i) => 10 + i / 1e5),
      [0.01, 0.02],
    );
    expect(METHODS.kl.range(histogram, SETTINGS).max).toBeGreaterThan(9.99);
    expect(METHODS.kl.range(histogram, { ...SETTINGS, zeroPoint: true }).min).toBe(histogram.min);
  });
});

test.each(METHOD_NAMES)('%s gives an empty range to zeros', (name) => {
  expect(METHODS[name].range(histogramOf([0, 0]), SETTINGS)).toEqual({ min: 0, max: 0 });
  expect(METHODS[name].range(new Histogram(), SETTINGS)).toEqual({ min: 0, max: 0 });
});
