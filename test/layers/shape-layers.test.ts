/** Layers that move values or only rename axes: Concat, Crop, Flatten, Reshape, Slice, Split, Tile. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LayerParameter, ReshapeParameter } from '../../src/generated/messages.js';
import { messageOf } from '../support/close.js';
import { OneLayer, runLayer } from '../support/one-layer.js';
import { count, seeds, shapes, uniform, type Tensor } from '../support/values.js';

/** Element of `x` at a place given by its index along each axis. */
function at({ shape, data }: Tensor, index: readonly number[]): number {
  return data[index.reduce((offset, i, axis) => offset * shape[axis]! + i, 0)]!;
}

/** A tensor whose element at each place is `value(place)`. */
function build(shape: readonly number[], value: (index: number[]) => number): Float32Array {
  return Float32Array.from({ length: count(shape) }, (_, i) => {
    const index: number[] = [];
    for (let axis = shape.length - 1, rest = i; axis >= 0; axis--) {
      index.unshift(rest % shape[axis]!);
      rest = Math.floor(rest / shape[axis]!);
    }
    return value(index);
  });
}

const replaced = (shape: readonly number[], axis: number, dim: number): number[] =>
  shape.map((d, i) => (i === axis ? dim : d));

const ownTop = (type: string): string =>
  `layer 'l' (${type}): ${type} Layer does not allow in-place computation.\nhint: give the top a name of its own`;

describe('Concat', () => {
  test('joins along any axis, and Slice at the same points undoes it', () => {
    fc.assert(
      fc.property(
        shapes(),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 5 }),
        fc.nat(),
        seeds,
        (shape, dims, a, seed) => {
          const axis = a % shape.length;
          const inputs = dims.map((dim, k) => uniform(replaced(shape, axis, dim), seed, `x${k}`));
          const param = { axis: seed % 2 ? axis : axis - shape.length };
          const layer = new OneLayer({ type: 'Concat', concat_param: param }, inputs);
          const total = dims.reduce((sum, d) => sum + d, 0);
          expect(layer.top[0]!.shape).toEqual(replaced(shape, axis, total));
          const [joined] = layer.forward();
          const expected = build(replaced(shape, axis, total), (index) => {
            let [which, place] = [0, index[axis]!];
            while (place >= dims[which]!) place -= dims[which++]!;
            return at(inputs[which]!, replaced(index, axis, place));
          });
          expect(joined).toEqual(expected);

          const slice_point = dims.slice(0, -1).map((_, k) => dims.slice(0, k + 1).reduce((sum, d) => sum + d, 0));
          const parts = runLayer(
            { type: 'Slice', slice_param: { ...param, slice_point } },
            [{ shape: replaced(shape, axis, total), data: joined! }],
            { tops: dims.length },
          );
          expect(parts).toEqual(inputs.map(({ data }) => data));
        },
      ),
    );
  });

  test('joins channels by default, and takes concat_dim', () => {
    const inputs = [
      { shape: [1, 1, 2], data: [1, 2] },
      { shape: [1, 1, 2], data: [3, 4] },
    ];
    expect(new OneLayer({ type: 'Concat' }, inputs).top[0]!.shape).toEqual([1, 2, 2]);
    expect(new OneLayer({ type: 'Concat', concat_param: { concat_dim: 0 } }, inputs).top[0]!.shape).toEqual([2, 1, 2]);
  });

  test('takes parts without elements', () => {
    const inputs = [[1, 0, 2], { shape: [1, 1, 2], data: [3, 4] }];
    expect(runLayer({ type: 'Concat' }, inputs)).toEqual([Float32Array.of(3, 4)]);
  });

  test('shares the values of a single bottom, also in place', () => {
    const layer = new OneLayer({ type: 'Concat' }, [[1, 2]]);
    layer.forward();
    layer.bottom[0]!.data[1] = 5;
    expect(layer.top[0]!.data).toEqual(Float32Array.of(0, 5));
    expect(runLayer({ type: 'Concat' }, [{ shape: [1, 2], data: [1, 2] }], { tops: 'in place' })).toEqual([
      Float32Array.of(1, 2),
    ]);
  });

  test.each<[string, LayerParameter['concat_param'], number[][], string]>([
    [
      'other dimensions',
      {},
      [
        [1, 4, 8],
        [1, 4, 7],
      ],
      "layer 'l' (Concat): All inputs must have the same shape, except at concat_axis 1: bottom[0] is 1 4 8 (32), " +
        'bottom[1] is 1 4 7 (28)',
    ],
    [
      'another number of axes',
      {},
      [
        [1, 4],
        [1, 4, 1],
      ],
      "layer 'l' (Concat): All inputs must have the same #axes: bottom[0] is 1 4 (4), bottom[1] is 1 4 1 (4)",
    ],
    [
      'both axis and concat_dim',
      { axis: 1, concat_dim: 1 },
      [[1, 4]],
      "layer 'l' (Concat): Either axis or concat_dim should be specified; not both.\nhint: remove concat_dim",
    ],
    ['an axis that is not there', { axis: -3 }, [[1, 4]], 'axis -3 out of range for 2-D Blob with shape 1 4 (4)'],
    [
      'a concat_dim that is not there',
      { concat_dim: 2 },
      [[1, 4]],
      'concat_dim out of range: 2 for 2-D Blob with shape 1 4 (4)\nhint: write axis, which may be negative, in its place',
    ],
  ])('refuses %s', (_name, concat_param, inputs, message) => {
    expect(messageOf(() => new OneLayer({ type: 'Concat', concat_param }, inputs))).toBe(message);
  });

  test('refuses to work in place on one of several bottoms', () => {
    expect(
      messageOf(
        () =>
          new OneLayer(
            { type: 'Concat' },
            [
              [1, 1],
              [1, 1],
            ],
            'in place',
          ),
      ),
    ).toBe(ownTop('Concat'));
  });
});

describe('Slice', () => {
  const points = (slice_point: number[], tops: number, shape = [1, 4]): OneLayer =>
    new OneLayer({ type: 'Slice', slice_param: { slice_point } }, [shape], tops);

  test('cuts into equal parts without slice_point', () => {
    const x = { shape: [2, 4], data: [1, 2, 3, 4, 5, 6, 7, 8] };
    expect(runLayer({ type: 'Slice' }, [x], { tops: 2 })).toEqual([
      Float32Array.of(1, 2, 5, 6),
      Float32Array.of(3, 4, 7, 8),
    ]);
    expect(runLayer({ type: 'Slice', slice_param: { slice_dim: 0 } }, [x], { tops: 2 })).toEqual([
      Float32Array.of(1, 2, 3, 4),
      Float32Array.of(5, 6, 7, 8),
    ]);
  });

  test('shares the values with a single top', () => {
    const layer = new OneLayer({ type: 'Slice' }, [{ shape: [1, 2], data: [1, 2] }]);
    layer.forward();
    layer.bottom[0]!.data[0] = 7;
    expect(layer.top[0]!.data).toEqual(Float32Array.of(7, 2));
  });

  test('a last slice_point at the end leaves an empty top', () => {
    expect(points([4], 2).top.map((blob) => blob.shape)).toEqual([
      [1, 4],
      [1, 0],
    ]);
  });

  test.each<[number[], number, string]>([
    [[3, 1], 3, 'slice_point must ascend from 1 on: slice_point[1] is 1, after 3'],
    [[0], 2, 'slice_point must ascend from 1 on: slice_point[0] is 0, after 0'],
    [[1], 3, 'there must be one slice_point less than tops: 1 slice points, 3 tops'],
    [[5], 2, 'slice_point 5 lies beyond the slice axis: slice axis: 1, bottom[0] shape: 1 4 (4)'],
    [[1, 2, 3, 4], 5, 'more tops (5) than the slice axis is long: slice axis: 1, bottom[0] shape: 1 4 (4)'],
    [
      [],
      3,
      'Number of top blobs (3) should evenly divide input slice axis (4)\nhint: write slice_point for parts of different sizes',
    ],
  ])('refuses slice_point %j for %d tops', (slice_point, tops, reason) => {
    expect(messageOf(() => points(slice_point, tops))).toBe(`layer 'l' (Slice): ${reason}`);
  });

  test('refuses both axis and slice_dim', () => {
    expect(messageOf(() => new OneLayer({ type: 'Slice', slice_param: { axis: 1, slice_dim: 1 } }, [[1, 2]]))).toBe(
      "layer 'l' (Slice): Either axis or slice_dim should be specified; not both.\nhint: remove slice_dim",
    );
  });
});

describe('Crop', () => {
  test('cuts a block at the offsets', () => {
    const block = shapes({ maxAxes: 5 }).chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        axis: fc.nat({ max: shape.length - 1 }),
        room: fc.array(fc.nat({ max: 3 }), { minLength: shape.length, maxLength: shape.length }),
        single: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(block, seeds, ({ shape, axis, room, single }, seed) => {
        // The input has `room` before the block along each axis, once more behind it.
        const offsets = room.map((r, i) => (i < axis ? 0 : single ? room[axis]! : r));
        const x = uniform(
          shape.map((d, i) => d + 2 * offsets[i]!),
          seed,
          'x',
        );
        const reference = shape.map((d, i) => (i < axis ? d + 5 : d));
        const offset = single ? [room[axis]!] : offsets.slice(axis);
        const layer = new OneLayer({ type: 'Crop', crop_param: { axis, offset } }, [x, reference]);
        expect(layer.top[0]!.shape).toEqual(shape);
        expect(layer.forward()).toEqual([
          build(shape, (index) =>
            at(
              x,
              index.map((i, a) => i + offsets[a]!),
            ),
          ),
        ]);
      }),
    );
  });

  test('cuts height and width from 0 by default', () => {
    const x = { shape: [1, 1, 2, 3], data: [1, 2, 3, 4, 5, 6] };
    expect(runLayer({ type: 'Crop' }, [x, [9, 9, 1, 2]])).toEqual([Float32Array.of(1, 2)]);
  });

  test.each([
    [
      { offset: [0] },
      [
        [1, 4, 8, 8],
        [1, 4, 9, 9],
      ],
      "layer 'l' (Crop): the crop for dimension 2 is out-of-bounds with size 9 and offset 0: bottom[0] is 1 4 8 8 (256), " +
        'bottom[1] is 1 4 9 9 (324)\nhint: offset + size may be at most 8',
    ],
    [
      { offset: [0, 4294967295] },
      [
        [1, 1, 2, 2],
        [1, 1, 1, 1],
      ],
      "layer 'l' (Crop): the crop for dimension 3 is out-of-bounds with size 1 and offset 4294967295: bottom[0] is " +
        '1 1 2 2 (4), bottom[1] is 1 1 1 1 (1)\nhint: offset + size may be at most 2',
    ],
    [
      { offset: [1, 1, 1] },
      [
        [1, 4, 8, 8],
        [1, 4, 4, 4],
      ],
      "layer 'l' (Crop): number of offset values specified must be equal to the number of dimensions following axis: " +
        '3 offsets, 2 dimensions from axis 2 on',
    ],
    [
      {},
      [
        [1, 4, 8, 8],
        [1, 4, 4],
      ],
      'axis 3 out of range for 3-D Blob with shape 1 4 4 (16)',
    ],
  ])('refuses %j over %j', (crop_param, inputs, message) => {
    expect(messageOf(() => new OneLayer({ type: 'Crop', crop_param }, inputs))).toBe(message);
  });
});

describe('Tile', () => {
  test('repeats along any axis', () => {
    fc.assert(
      fc.property(shapes(), fc.nat(), fc.integer({ min: 1, max: 4 }), seeds, (shape, a, tiles, seed) => {
        const axis = a % shape.length;
        const x = uniform(shape, seed, 'x');
        const layer = new OneLayer({ type: 'Tile', tile_param: { axis, tiles } }, [x]);
        const tiled = replaced(shape, axis, shape[axis]! * tiles);
        expect(layer.top[0]!.shape).toEqual(tiled);
        expect(layer.forward()).toEqual([
          build(tiled, (index) => at(x, replaced(index, axis, index[axis]! % shape[axis]!))),
        ]);
      }),
    );
  });

  test('refuses to guess the number of tiles, and less than one', () => {
    expect(messageOf(() => new OneLayer({ type: 'Tile' }, [[1, 2]]))).toBe(
      "layer 'l' (Tile): Number of tiles must be specified\nhint: write tiles",
    );
    expect(messageOf(() => new OneLayer({ type: 'Tile', tile_param: { tiles: 0 } }, [[1, 2]]))).toBe(
      "layer 'l' (Tile): Number of tiles must be positive, got 0",
    );
  });
});

describe('Reshape', () => {
  const shapeOf = (reshape_param: ReshapeParameter, bottom: readonly number[]): readonly number[] =>
    new OneLayer({ type: 'Reshape', reshape_param }, [bottom]).top[0]!.shape;

  test.each<[ReshapeParameter, number[], number[]]>([
    [{ shape: { dim: [0, -1] } }, [2, 3, 4], [2, 12]],
    [{ shape: { dim: [0, 0, 2, -1] } }, [2, 3, 4], [2, 3, 2, 2]],
    [{ shape: { dim: [6, 4] } }, [2, 3, 4], [6, 4]],
    [{ shape: { dim: [-1] }, axis: 1 }, [2, 3, 4], [2, 12]],
    [{ shape: { dim: [1] }, axis: 1, num_axes: 0 }, [2, 3], [2, 1, 3]],
    [{ shape: { dim: [1] }, axis: -1, num_axes: 0 }, [2, 3], [2, 3, 1]],
    [{ shape: { dim: [-1] }, axis: -2 }, [2, 3, 4], [2, 3, 4]],
    [{ shape: { dim: [] }, axis: 1, num_axes: 1 }, [2, 1, 3], [2, 3]],
    [{ shape: { dim: [] } }, [1, 1], []],
    [{}, [1], []],
    [{ shape: { dim: [-1, 0] }, axis: 1 }, [2, 6, 3], [2, 6, 3]],
    [{ shape: { dim: [0, 5] } }, [0, 5], [0, 5]],
  ])('%j turns %j into %j', (reshape_param, bottom, top) => {
    expect(shapeOf(reshape_param, bottom)).toEqual(top);
  });

  test('shares the values', () => {
    const layer = new OneLayer({ type: 'Reshape', reshape_param: { shape: { dim: [-1] } } }, [[2, 2]]);
    layer.bottom[0]!.data.set([1, 2, 3, 4]);
    expect(layer.forward()).toEqual([Float32Array.of(1, 2, 3, 4)]);
    layer.top[0]!.data[0] = 9;
    expect(layer.bottom[0]!.data[0]).toBe(9);
  });

  test('follows an input that grows', () => {
    const layer = new OneLayer({ type: 'Reshape', reshape_param: { shape: { dim: [-1] } } }, [[2, 2]]);
    layer.set([{ shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }]);
    expect(layer.forward()).toEqual([Float32Array.of(1, 2, 3, 4, 5, 6)]);
  });

  test.each<[ReshapeParameter, number[], string]>([
    [
      { shape: { dim: [-1, -1] } },
      [4],
      'new shape contains multiple -1 dims; at most a single (1) value of -1 may be specified: shape { dim: -1 dim: -1 }',
    ],
    [
      { shape: { dim: [5, -1] } },
      [4],
      'bottom count (4) must be divisible by the product of the specified dimensions (5): shape { dim: 5 dim: -1 }, ' +
        'bottom[0] is 4 (4)',
    ],
    [
      { shape: { dim: [0, -1] } },
      [0, 3],
      'bottom count (0) must be divisible by the product of the specified dimensions (0): shape { dim: 0 dim: -1 }, ' +
        'bottom[0] is 0 3 (0)',
    ],
    [
      { shape: { dim: [5] } },
      [4],
      'output count must match input count: [5] has 5 elements, bottom[0] is 4 (4)\nhint: a dimension of -1 takes what is left',
    ],
    [
      { shape: { dim: [-2, -2] } },
      [4],
      'output count must match input count: [-2, -2] has 4 elements, bottom[0] is 4 (4)\nhint: a dimension of -1 takes what is left',
    ],
    [
      { shape: { dim: [2, 2, 0] } },
      [2, 2],
      'new shape contains a 0, but there was no corresponding bottom axis to copy: shape { dim: 2 dim: 2 dim: 0 } from axis 0 on, ' +
        'bottom[0] is 2 2 (4)',
    ],
    [{ axis: 3 }, [2, 2], 'axis 3 out of range for 2-D input blob with shape 2 2 (4)'],
    [{ axis: -4 }, [2, 2], 'axis -4 out of range for 2-D input blob with shape 2 2 (4)'],
    [{ num_axes: -2 }, [2, 2], 'num_axes must be >= 0, or -1 for all, got -2'],
    [{ axis: 1, num_axes: 2 }, [2, 2], 'end_axis = axis + num_axes is out of range: 1 + 2 vs. 2 axes'],
  ])('refuses %j over %j', (reshape_param, bottom, reason) => {
    expect(messageOf(() => shapeOf(reshape_param, bottom))).toBe(`layer 'l' (Reshape): ${reason}`);
  });

  test('refuses to work in place', () => {
    expect(messageOf(() => new OneLayer({ type: 'Reshape' }, [[1]], 'in place'))).toBe(ownTop('Reshape'));
  });
});

describe('Flatten', () => {
  test.each([
    [{}, [2, 3, 4, 5], [2, 60]],
    [{ axis: 0 }, [2, 3, 4], [24]],
    [{ axis: 1, end_axis: 2 }, [2, 3, 4, 5], [2, 12, 5]],
    [{ axis: -2, end_axis: -2 }, [2, 3, 4], [2, 3, 4]],
    [{ axis: 0, end_axis: 0 }, [2, 0], [2, 0]],
  ])('%j turns %j into %j', (flatten_param, bottom, top) => {
    expect(new OneLayer({ type: 'Flatten', flatten_param }, [bottom]).top[0]!.shape).toEqual(top);
  });

  test('shares the values', () => {
    const layer = new OneLayer({ type: 'Flatten' }, [{ shape: [1, 2, 2], data: [1, 2, 3, 4] }]);
    expect(layer.forward()).toEqual([Float32Array.of(1, 2, 3, 4)]);
    expect(layer.top[0]!.ptr).toBe(layer.bottom[0]!.ptr);
  });

  test('refuses an end before the start, a missing axis, and in-place use', () => {
    const refusal = (flatten_param: object, tops?: 'in place') =>
      messageOf(() => new OneLayer({ type: 'Flatten', flatten_param }, [[2, 3, 4]], tops));
    expect(refusal({ axis: 2, end_axis: 0 })).toBe(
      "layer 'l' (Flatten): axis 2 must not lie behind end_axis 0 in a blob of 3 axes",
    );
    expect(refusal({ axis: 3 })).toBe('axis 3 out of range for 3-D Blob with shape 2 3 4 (24)');
    expect(refusal({}, 'in place')).toBe(ownTop('Flatten'));
  });
});

describe('Split', () => {
  test('gives every top the same values without a copy', () => {
    const layer = new OneLayer({ type: 'Split' }, [{ shape: [2], data: [1, 2] }], 3);
    expect(layer.forward()).toEqual([1, 2, 3].map(() => Float32Array.of(1, 2)));
    layer.top[1]!.data[0] = 5;
    expect(layer.top[2]!.data[0]).toBe(5);
  });

  test('follows an input that grows', () => {
    const layer = new OneLayer({ type: 'Split' }, [[2]], 2);
    layer.forward();
    layer.set([{ shape: [3], data: [1, 2, 3] }]);
    expect(layer.forward()).toEqual([1, 2].map(() => Float32Array.of(1, 2, 3)));
  });

  test('refuses to work in place', () => {
    expect(messageOf(() => new OneLayer({ type: 'Split' }, [[1]], 'in place'))).toBe(ownTop('Split'));
  });
});
