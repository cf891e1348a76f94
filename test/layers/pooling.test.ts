/** Pooling against double precision, and the oddities of Caffe's windows. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  PoolingParameter_PoolMethod as Method,
  PoolingParameter_RoundMode as Round,
  type PoolingParameter,
} from '../../src/generated/messages.js';
import { expectClose, messageOf, ROUNDING } from '../support/close.js';
import { OneLayer, runLayer } from '../support/one-layer.js';
import { seeds, uniform } from '../support/values.js';

const FLT_MAX = 3.4028234663852886e38;

interface Axis {
  size: number;
  kernel: number;
  stride: number;
  pad: number;
}

/** Windows along one axis, as Caffe lays them: [start, end) of each, unclipped. */
function windows({ size, kernel, stride, pad }: Axis, floor: boolean, isPadded: boolean): [number, number][] {
  const steps = (size + 2 * pad - kernel) / stride;
  let n = (floor ? Math.floor(steps) : Math.ceil(steps)) + 1;
  if (isPadded && (n - 1) * stride >= size + pad) n--;
  return Array.from({ length: n }, (_, i) => [i * stride - pad, i * stride - pad + kernel]);
}

interface Pooled {
  max: number[];
  mask: number[];
  mean: number[];
}

/** Pools one plane in double precision. */
function poolPlane(x: ArrayLike<number>, h: Axis, w: Axis, floor: boolean): Pooled {
  const isPadded = h.pad > 0 || w.pad > 0;
  const result: Pooled = { max: [], mask: [], mean: [] };
  for (const [top, bottom] of windows(h, floor, isPadded))
    for (const [left, right] of windows(w, floor, isPadded)) {
      let [max, mask, sum] = [-FLT_MAX, -1, 0];
      for (let i = Math.max(top, 0); i < Math.min(bottom, h.size); i++)
        for (let j = Math.max(left, 0); j < Math.min(right, w.size); j++) {
          const at = i * w.size + j;
          sum += x[at]!;
          if (x[at]! > max) [max, mask] = [x[at]!, at];
        }
      const area = (Math.min(bottom, h.size + h.pad) - top) * (Math.min(right, w.size + w.pad) - left);
      result.max.push(max);
      result.mask.push(mask);
      result.mean.push(sum / area);
    }
  return result;
}

const axes = fc
  .record({
    size: fc.integer({ min: 1, max: 17 }),
    kernel: fc.integer({ min: 1, max: 5 }),
    stride: fc.integer({ min: 1, max: 4 }),
    pad: fc.nat({ max: 4 }),
  })
  .map((axis) => ({ ...axis, pad: axis.pad % axis.kernel }))
  // A window that does not fit is refused; see below.
  .filter(({ size, kernel, pad }) => size + 2 * pad >= kernel);

function settings(h: Axis, w: Axis, floor: boolean): PoolingParameter {
  return {
    kernel_h: h.kernel,
    kernel_w: w.kernel,
    stride_h: h.stride,
    stride_w: w.stride,
    pad_h: h.pad,
    pad_w: w.pad,
    ...(floor ? { round_mode: Round.FLOOR } : {}),
  };
}

describe('Pooling', () => {
  test('MAX, its mask, and AVE agree with double precision', () => {
    fc.assert(
      fc.property(axes, axes, fc.boolean(), seeds, (h, w, floor, seed) => {
        const x = uniform([2, 2, h.size, w.size], seed, 'x');
        const planes = [0, 1, 2, 3].map((n) =>
          poolPlane(x.data.subarray(n * h.size * w.size, (n + 1) * h.size * w.size), h, w, floor),
        );
        const pooling_param = settings(h, w, floor);
        const layer = new OneLayer({ type: 'Pooling', pooling_param }, [x], 2);
        const [max, mask] = layer.forward();
        expect(Array.from(max!)).toEqual(planes.flatMap((plane) => plane.max).map(Math.fround));
        expect(Array.from(mask!)).toEqual(planes.flatMap((plane) => plane.mask));
        expect(layer.top[1]!.shape).toEqual(layer.top[0]!.shape);
        // Without a mask another kernel computes the maximum.
        expect(runLayer({ type: 'Pooling', pooling_param }, [x])).toEqual([max]);
        const [mean] = runLayer({ type: 'Pooling', pooling_param: { ...pooling_param, pool: Method.AVE } }, [x]);
        // A sum of up to 25 values below 2, each addition rounded, then a division by the area, of which the window
        // covers at least one: partial sums stay below 50.
        const expected = planes.flatMap((plane) => plane.mean);
        expectClose(mean!, expected, 25 * 50 * ROUNDING);
      }),
      { numRuns: 150 },
    );
  });

  const shapeOf = (size: number, pooling_param: PoolingParameter): readonly number[] =>
    new OneLayer({ type: 'Pooling', pooling_param }, [[1, 1, size, size]]).top[0]!.shape.slice(2);

  test('rounds up by default and down with round_mode FLOOR', () => {
    expect(shapeOf(112, { kernel_size: 3, stride: 2 })).toEqual([56, 56]);
    expect(shapeOf(113, { kernel_size: 2, stride: 2 })).toEqual([57, 57]);
    expect(shapeOf(113, { kernel_size: 2, stride: 2, round_mode: Round.FLOOR })).toEqual([56, 56]);
  });

  test("rounds down with forks' ceil_mode: false, and up where it is true", () => {
    const withMode = (ceil_mode: boolean) => ({ kernel_size: 2, stride: 2, ceil_mode });
    expect(shapeOf(113, withMode(false))).toEqual([56, 56]);
    expect(shapeOf(113, withMode(true))).toEqual([57, 57]);
  });

  test('drops a last window that begins in the padding', () => {
    // Rounded up there are (4 + 2 - 2) / 3 + 1 = 3 windows; the third begins at 5, in the padding behind the image.
    expect(shapeOf(4, { kernel_size: 2, stride: 3, pad: 1 })).toEqual([2, 2]);
  });

  test('keeps a last window that begins beyond the image where nothing is padded', () => {
    const pooling_param = { kernel_size: 1, stride: 3 };
    const x = { shape: [1, 1, 1, 5], data: [1, 2, 3, 4, 5] };
    expect(runLayer({ type: 'Pooling', pooling_param }, [x])).toEqual([Float32Array.of(1, 4, -FLT_MAX)]);
  });

  test('an empty window has the mean 0/0', () => {
    const pooling_param = { kernel_size: 1, stride: 4, pool: Method.AVE };
    const x = { shape: [1, 1, 1, 8], data: [1, 2, 3, 4, 5, 6, 7, 8] };
    expect(runLayer({ type: 'Pooling', pooling_param }, [x])).toEqual([Float32Array.of(1, 5, NaN)]);
  });

  test('the divisor counts padding, but not what lies beyond it', () => {
    const pooling_param = { kernel_size: 3, stride: 2, pad: 1, pool: Method.AVE };
    const x = { shape: [1, 1, 4, 4], data: new Array<number>(16).fill(9) };
    // The first window holds 2 x 2 of its 3 x 3; the last begins at 3 and ends with the padding, 2 wide.
    expect(runLayer({ type: 'Pooling', pooling_param }, [x])).toEqual([
      Float32Array.of(4, 6, 3, 6, 9, 4.5, 3, 4.5, 2.25),
    ]);
  });

  test('padding only one axis clips both', () => {
    const pooling_param = { kernel_h: 1, kernel_w: 2, stride_h: 4, stride_w: 1, pad_h: 0, pad_w: 1 };
    expect(new OneLayer({ type: 'Pooling', pooling_param }, [[1, 1, 8, 3]]).top[0]!.shape).toEqual([1, 1, 2, 4]);
  });

  test('a maximum is never NaN, nor below -FLT_MAX', () => {
    const pooling_param = { kernel_h: 1, kernel_w: 2, stride_h: 1, stride_w: 2 };
    const data = [NaN, 1, 2, NaN, NaN, NaN, -Infinity, -Infinity, Infinity, NaN, -0, 0];
    const x = { shape: [1, 1, 1, 12], data };
    const expected = [1, 2, -FLT_MAX, -FLT_MAX, Infinity, -0];
    expect(runLayer({ type: 'Pooling', pooling_param }, [x])).toEqual([Float32Array.from(expected)]);
    const [y, mask] = runLayer({ type: 'Pooling', pooling_param }, [x], { tops: 2 });
    expect(y).toEqual(Float32Array.from(expected));
    expect(mask).toEqual(Float32Array.of(1, 2, -1, -1, 8, 10));
  });

  test('of equal values the mask names the first', () => {
    const x = { shape: [1, 1, 2, 2], data: [3, 3, 3, 3] };
    expect(runLayer({ type: 'Pooling', pooling_param: { kernel_size: 2 } }, [x], { tops: 2 })).toEqual([
      Float32Array.of(3),
      Float32Array.of(0),
    ]);
  });

  test('global_pooling follows the size of the input', () => {
    const layer = new OneLayer({ type: 'Pooling', pooling_param: { global_pooling: true, pool: Method.AVE } }, [
      { shape: [1, 1, 2, 2], data: [1, 2, 3, 6] },
    ]);
    expect(layer.forward()).toEqual([Float32Array.of(3)]);
    layer.set([{ shape: [1, 1, 1, 3], data: [1, 2, 6] }]);
    expect(layer.forward()).toEqual([Float32Array.of(3)]);
    expect(layer.top[0]!.shape).toEqual([1, 1, 1, 1]);
  });

  test('a window larger than the input pools what there is, and one that leaves nothing gives an empty top', () => {
    // (3 - 4) / 2, rounded up, is 0: one window.
    expect(shapeOf(3, { kernel_size: 4, stride: 2 })).toEqual([1, 1]);
    // (3 - 5) / 2 is -1: none.
    expect(shapeOf(3, { kernel_size: 5, stride: 2 })).toEqual([0, 0]);
  });

  const refusal = (pooling_param: PoolingParameter, shape: readonly number[] = [1, 2, 5, 5], tops = 1): string =>
    messageOf(() => new OneLayer({ type: 'Pooling', pooling_param }, [shape], tops));

  test.each<[string, PoolingParameter, string]>([
    [
      'no kernel',
      {},
      'Filter size is kernel_size OR kernel_h and kernel_w; not both: none is complete\nhint: write kernel_size, or global_pooling: true',
    ],
    [
      'half a kernel',
      { kernel_h: 2 },
      'Filter size is kernel_size OR kernel_h and kernel_w; not both: none is complete\nhint: write kernel_size, or global_pooling: true',
    ],
    [
      'two kernels',
      { kernel_size: 2, kernel_h: 2, kernel_w: 2 },
      'Filter size is kernel_size OR kernel_h and kernel_w; not both: all are given\nhint: remove kernel_size',
    ],
    [
      'a kernel beside global_pooling',
      { global_pooling: true, kernel_w: 2 },
      'With Global_pooling: true Filter size cannot specified\nhint: remove kernel_size, kernel_h and kernel_w',
    ],
    [
      'a stride beside global_pooling',
      { global_pooling: true, stride: 2 },
      'With Global_pooling: true; only pad = 0 and stride = 1: pad is 0 x 0, stride 2 x 2',
    ],
    ['two paddings', { kernel_size: 2, pad: 1, pad_h: 1, pad_w: 1 }, 'pad is pad OR pad_h and pad_w are required.'],
    ['half a padding', { kernel_size: 2, pad_w: 1 }, 'pad is pad OR pad_h and pad_w are required.'],
    ['half a stride', { kernel_size: 2, stride_h: 1 }, 'Stride is stride OR stride_h and stride_w are required.'],
    ['a kernel of 0', { kernel_size: 0 }, 'Filter dimensions cannot be zero: kernel is 0 x 0'],
    ['a stride of 0', { kernel_size: 2, stride: 0 }, 'Stride dimensions must be nonzero: stride is 0 x 0'],
    [
      'a stride that does not fit 32-bit arithmetic',
      { kernel_size: 2, stride: 4294967295 },
      'kernel, stride and pad must be below 536870912: kernel is 2 x 2, stride 4294967295 x 4294967295, pad 0 x 0',
    ],
    [
      'padding as large as the kernel',
      { kernel_size: 2, pad: 2 },
      'padding must be smaller than the window: pad_h_ < kernel_h_ (2 vs. 2), pad_w_ < kernel_w_ (2 vs. 2)',
    ],
    [
      'STOCHASTIC',
      { kernel_size: 2, pool: Method.STOCHASTIC },
      'STOCHASTIC pooling is not implemented, nor is it in Caffe on CPUs\nhint: use pool: AVE or MAX',
    ],
    [
      'a window that does not fit',
      { kernel_size: 7 },
      'the window of 7 x 7 does not fit: bottom[0] is 1 2 5 5 (50), padding 0 x 0\nhint: a smaller kernel, more padding or a larger input is needed',
    ],
  ])('refuses %s', (_name, pooling_param, reason) => {
    expect(refusal(pooling_param)).toBe(`layer 'l' (Pooling): ${reason}`);
  });

  test('refuses blobs of other than four axes', () => {
    expect(refusal({ kernel_size: 2 }, [2, 5, 5])).toBe(
      "layer 'l' (Pooling): Input must have 4 axes, corresponding to (num, channels, height, width): bottom[0] is 2 5 5 (50)",
    );
  });

  test('refuses to work in place', () => {
    expect(
      messageOf(() => new OneLayer({ type: 'Pooling', pooling_param: { kernel_size: 1 } }, [[1, 1, 2, 2]], 'in place')),
    ).toBe(
      "layer 'l' (Pooling): Pooling Layer does not allow in-place computation.\nhint: give the top a name of its own",
    );
  });

  test('takes a second top for MAX only', () => {
    const topCount = (pool: Method) =>
      new OneLayer({ type: 'Pooling', pooling_param: { kernel_size: 1, pool } }, [[1, 1, 1, 1]]).layer.topCount;
    expect(topCount(Method.MAX)).toEqual({ min: 1, max: 2 });
    expect(topCount(Method.AVE)).toEqual({ min: 1, max: 1 });
  });
});
