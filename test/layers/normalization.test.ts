/** BatchNorm and MVN: statistics of channels. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Phase } from '../../src/generated/messages.js';
import { expectClose, messageOf, ROUNDING } from '../support/close.js';
import { OneLayer, runLayer } from '../support/one-layer.js';
import { count, seeds, shapes, uniform } from '../support/values.js';

const EPS = 1e-5;

describe('BatchNorm', () => {
  test('uses stored statistics, divided by their factor', () => {
    fc.assert(
      fc.property(shapes({ minAxes: 2 }), seeds, (shape, seed) => {
        const channels = shape[1]!;
        const inner = count(shape.slice(2));
        const x = uniform(shape, seed, 'x');
        const mean = uniform([channels], seed, 'mean');
        const variance = uniform([channels], seed, 'variance', 0.5, 3);
        const layer = new OneLayer({ type: 'BatchNorm' }, [x]);
        expect(layer.layer.blobs.map((blob) => blob.shape)).toEqual([[channels], [channels], [1]]);
        const [y] = layer.setParams([mean.data, variance.data, [4]]).forward();
        const expected = Array.from(x.data, (v, i) => {
          const c = Math.floor(i / inner) % channels;
          return (v - mean.data[c]! / 4) / Math.sqrt(variance.data[c]! / 4 + EPS);
        });
        // A difference below 4 and a deviation above 1/3, each with a few roundings: |y| stays below 8.
        expectClose(y!, expected, 8 * 8 * ROUNDING);
      }),
    );
  });

  test('computes the statistics of the batch otherwise', () => {
    fc.assert(
      fc.property(shapes({ minAxes: 2 }), seeds, (shape, seed) => {
        const channels = shape[1]!;
        const inner = count(shape.slice(2));
        const x = uniform(shape, seed, 'x');
        const eps = 0.01;
        const [y] = runLayer({ type: 'BatchNorm', batch_norm_param: { use_global_stats: false, eps } }, [x]);
        const groups = Array.from({ length: channels }, (_, c) =>
          Array.from(x.data).filter((_, i) => Math.floor(i / inner) % channels === c),
        );
        const expected = Array.from(x.data, (v, i) => standardize(v, groups[Math.floor(i / inner) % channels]!, eps));
        // The mean is rounded to 2 · 2^-24, differences likewise; division by at least √eps = 0.1 enlarges that tenfold.
        expectClose(y!, expected, 10 * 10 * ROUNDING);
      }),
    );
  });

  /** (v - mean) / sqrt(variance + eps) over the values of a group. */
  function standardize(v: number, group: readonly number[], eps: number): number {
    const mean = group.reduce((a, b) => a + b, 0) / group.length;
    const variance = group.reduce((a, b) => a + (b - mean) ** 2, 0) / group.length;
    return (v - mean) / Math.sqrt(variance + eps);
  }

  test('a factor of 0 makes mean and variance 0', () => {
    const x = { shape: [1, 1, 2], data: [1, -2] };
    const [y] = runLayer({ type: 'BatchNorm' }, [x], { params: [[5], [7], [0]] });
    // √1e-5 is rounded once, the quotients once.
    expectClose(y!, [1 / Math.sqrt(EPS), -2 / Math.sqrt(EPS)], 633 * 4 * ROUNDING);
  });

  test('without weights all statistics are 0', () => {
    const [y] = runLayer({ type: 'BatchNorm', batch_norm_param: { eps: 1 } }, [{ shape: [1, 1], data: [3] }]);
    expect(y).toEqual(Float32Array.of(3));
  });

  test('use_global_stats depends on the phase unless it is given', () => {
    const x = { shape: [2, 1], data: [1, 3] };
    const run = (phase: Phase, batch_norm_param = {}) =>
      Array.from(
        runLayer({ type: 'BatchNorm', phase, batch_norm_param: { eps: 1, ...batch_norm_param } }, [x], {
          params: [[0], [0], [1]],
        })[0]!,
      );
    const batch = [-1 / Math.SQRT2, 1 / Math.SQRT2].map(Math.fround);
    expect(run(Phase.TEST)).toEqual([1, 3]);
    expect(run(Phase.TRAIN)).toEqual(batch);
    expect(run(Phase.TRAIN, { use_global_stats: true })).toEqual([1, 3]);
    expect(run(Phase.TEST, { use_global_stats: false })).toEqual(batch);
  });

  test("adds a batch's statistics to the stored ones", () => {
    const layer = new OneLayer(
      { type: 'BatchNorm', phase: Phase.TRAIN, batch_norm_param: { moving_average_fraction: 0.5 } },
      [{ shape: [2, 1, 2], data: [1, 3, 5, 7] }],
    );
    layer.setParams([[10], [20], [3]]).forward();
    // Mean 4; variance 5 of four values, 20/3 without bias; the stored ones count half.
    expect(layer.layer.blobs.map((blob) => Array.from(blob.data))).toEqual([
      [4 + 5],
      [Math.fround((5 * 4) / 3 + 10)],
      [2.5],
    ]);
  });

  test('works in place', () => {
    const x = { shape: [1, 2, 1], data: [3, 5] };
    const params = [[1, 1], [3, 15], [1]];
    const [y] = runLayer({ type: 'BatchNorm', batch_norm_param: { eps: 1 } }, [x], { tops: 'in place', params });
    expect(y).toEqual(Float32Array.of(1, 1));
  });

  test('takes an empty batch', () => {
    expect(runLayer({ type: 'BatchNorm', phase: Phase.TRAIN }, [[0, 2, 3]])).toEqual([new Float32Array(0)]);
  });

  test('refuses one axis, other channels than at first, and learning rates', () => {
    expect(messageOf(() => new OneLayer({ type: 'BatchNorm' }, [[4]]))).toBe(
      'axis 1 out of range for 1-D Blob with shape 4 (4)',
    );
    const layer = new OneLayer({ type: 'BatchNorm' }, [[1, 2]]);
    expect(messageOf(() => layer.set([[1, 3]]).forward())).toBe(
      "layer 'l' (BatchNorm): expected 2 channels as at setup, got 3\n" +
        'hint: the number of channels cannot change after the net is built',
    );
    expect(messageOf(() => new OneLayer({ type: 'BatchNorm', param: [{ lr_mult: 0 }, {}] }, [[1, 2]]))).toBe(
      "layer 'l' (BatchNorm): Cannot configure batch normalization statistics as layer parameters: param 1 has lr_mult 1, " +
        'expected 0\nhint: write param { lr_mult: 0 } three times, or leave param out',
    );
  });
});

describe('MVN', () => {
  test.each([
    [false, true],
    [false, false],
    [true, true],
    [true, false],
  ])('across_channels %p, normalize_variance %p', (across_channels, normalize_variance) => {
    fc.assert(
      fc.property(shapes(), seeds, (shape, seed) => {
        const x = uniform(shape, seed, 'x');
        const eps = 0.1;
        const layer = new OneLayer({ type: 'MVN', mvn_param: { across_channels, normalize_variance, eps } }, [x]);
        expect(layer.top[0]!.shape).toEqual([0, 1, 2, 3].map((i) => shape[i] ?? 1));
        const n = count(shape.slice(across_channels ? 1 : 2));
        const expected = Array.from(x.data, (v, i) => {
          const start = i - (i % n);
          const group = Array.from(x.data.subarray(start, start + n));
          const mean = group.reduce((a, b) => a + b, 0) / n;
          const variance = group.reduce((a, b) => a + (b - mean) ** 2, 0) / n;
          return (v - mean) / (normalize_variance ? Math.sqrt(variance) + eps : 1);
        });
        // As for BatchNorm: a few roundings of values below 4, enlarged tenfold by the division.
        expectClose(layer.forward()[0]!, expected, 10 * 20 * ROUNDING);
      }),
    );
  });

  test('adds eps to the deviation, not to the variance', () => {
    const x = { shape: [1, 1, 2, 1], data: [-1, 1] };
    expect(runLayer({ type: 'MVN', mvn_param: { eps: 1 } }, [x])).toEqual([Float32Array.of(-0.5, 0.5)]);
  });

  test('equal values give 0', () => {
    expect(runLayer({ type: 'MVN' }, [{ shape: [1, 1, 1, 4], data: [2, 2, 2, 2] }])).toEqual([new Float32Array(4)]);
    expect(runLayer({ type: 'MVN' }, [{ shape: [1, 3], data: [0.1, 0.7, 3] }])).toEqual([new Float32Array(3)]);
  });

  test('refuses five axes', () => {
    expect(messageOf(() => new OneLayer({ type: 'MVN' }, [[1, 1, 1, 1, 1]]))).toBe(
      'this layer takes blobs of at most 4 axes, got 5: Cannot use legacy accessors on Blobs with > 4 axes',
    );
  });
});
