/** Scale and Bias: learned and given factors over any span of axes. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { expectClose, messageOf, ROUNDING } from '../support/close.js';
import { OneLayer, runLayer } from '../support/one-layer.js';
import { count, seeds, shapes, uniform } from '../support/values.js';

interface Case {
  shape: number[];
  axis: number;
  numAxes: number;
  /** Whether axis is counted from the end, and all axes behind it are taken by num_axes: -1. */
  fromEnd: boolean;
  rest: boolean;
}

const cases: fc.Arbitrary<Case> = fc
  .record({ shape: shapes(), a: fc.nat(), n: fc.nat(), fromEnd: fc.boolean(), rest: fc.boolean() })
  .map(({ shape, a, n, fromEnd, rest }) => {
    const axis = a % shape.length;
    return { shape, axis, numAxes: rest ? shape.length - axis : n % (shape.length - axis + 1), fromEnd, rest };
  });

/** Index into the small blob for the i-th element of the large one. */
function spanned({ shape, axis, numAxes }: Case, i: number): number {
  return Math.floor(i / count(shape.slice(axis + numAxes))) % count(shape.slice(axis, axis + numAxes));
}

describe('Scale', () => {
  test('learned factors and offsets span any axes', () => {
    fc.assert(
      fc.property(cases, fc.boolean(), seeds, (c, bias_term, seed) => {
        const small = c.shape.slice(c.axis, c.axis + c.numAxes);
        const x = uniform(c.shape, seed, 'x');
        const params = [uniform(small, seed, 'scale'), uniform(small, seed, 'bias')].slice(0, bias_term ? 2 : 1);
        const layer = new OneLayer(
          {
            type: 'Scale',
            scale_param: {
              axis: c.fromEnd ? c.axis - c.shape.length : c.axis,
              num_axes: c.rest ? -1 : c.numAxes,
              bias_term,
            },
          },
          [x],
        );
        expect(layer.layer.blobs.map((blob) => blob.shape)).toEqual(params.map(({ shape }) => shape));
        const [y] = layer.setParams(params.map(({ data }) => data)).forward();
        const expected = x.data.map((v, i) => {
          const at = spanned(c, i);
          return v * params[0]!.data[at]! + (params[1]?.data[at] ?? 0);
        });
        // A product below 4 and a sum below 6, each rounded; the reference is rounded too.
        expectClose(y!, expected, 16 * ROUNDING);
      }),
    );
  });

  test('takes its factors from a second bottom', () => {
    fc.assert(
      fc.property(cases, seeds, (c, seed) => {
        const x = uniform(c.shape, seed, 'x');
        const scale = uniform(c.shape.slice(c.axis, c.axis + c.numAxes), seed, 'scale');
        const layer = new OneLayer({ type: 'Scale', scale_param: { axis: c.axis } }, [x, scale]);
        expect(layer.layer.blobs).toEqual([]);
        const expected = x.data.map((v, i) => v * scale.data[spanned(c, i)]!);
        expect(layer.forward()).toEqual([expected]);
      }),
    );
  });

  test('with a second bottom, the offset is the only parameter', () => {
    const inputs = [
      { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] },
      { shape: [3], data: [1, 10, 100] },
    ];
    const layer = new OneLayer({ type: 'Scale', scale_param: { bias_term: true } }, inputs);
    expect(layer.layer.blobs.map((blob) => blob.shape)).toEqual([[3]]);
    expect(layer.setParams([[0.5, 0.25, 0]]).forward()).toEqual([Float32Array.of(1.5, 20.25, 300, 4.5, 50.25, 600)]);
  });

  test('multiplies whole items by a factor each: axis 0', () => {
    const inputs = [
      { shape: [2, 1, 2], data: [1, 2, 3, 4] },
      { shape: [2], data: [10, 100] },
    ];
    expect(runLayer({ type: 'Scale', scale_param: { axis: 0 } }, inputs)).toEqual([Float32Array.of(10, 20, 300, 400)]);
  });

  test('begins as the identity, unless a filler says otherwise', () => {
    const x = { shape: [1, 2], data: [3, 4] };
    expect(runLayer({ type: 'Scale', scale_param: { bias_term: true } }, [x])).toEqual([Float32Array.of(3, 4)]);
    const filler = { type: 'constant', value: 0 };
    expect(runLayer({ type: 'Scale', scale_param: { filler } }, [x])).toEqual([Float32Array.of(0, 0)]);
  });

  test('works in place', () => {
    const x = { shape: [1, 2, 5], data: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] };
    const params = [
      [2, 3],
      [1, -1],
    ];
    const expected = [Float32Array.of(3, 5, 7, 9, 11, 17, 20, 23, 26, 29)];
    expect(runLayer({ type: 'Scale', scale_param: { bias_term: true } }, [x], { tops: 'in place', params })).toEqual(
      expected,
    );
  });

  test.each([
    [{ axis: 5 }, [[1, 2]], 'axis 5 out of range for 2-D Blob with shape 1 2 (2)'],
    [
      { axis: 1, num_axes: 2 },
      [[1, 2]],
      "scale blob's shape extends past bottom[0]'s shape when applied starting with bottom[0] axis = 1: 2 axes wanted, " +
        "bottom[0] is 1 2 (2)\nhint: axis + the scale's number of axes may be at most 2",
    ],
    [
      { num_axes: -2 },
      [[1, 2]],
      'num_axes must be non-negative, or -1 to extend to the end of bottom[0], got num_axes: -2',
    ],
    [
      {},
      [[1, 2], [3]],
      'dimension mismatch between bottom[0]->shape(1) and scale->shape(0): 2 vs. 3, bottom[0] is 1 2 (2), scale is 3 (3)' +
        "\nhint: the scale must equal bottom[0]'s dimensions from axis 1 on",
    ],
    [
      {},
      [
        [1, 2],
        [2, 1],
      ],
      "scale blob's shape extends past bottom[0]'s shape when applied starting with bottom[0] axis = 1: 2 axes wanted, " +
        "bottom[0] is 1 2 (2)\nhint: axis + the scale's number of axes may be at most 2",
    ],
    ...[0, 1].map((axis): [object, number[][], string] => [
      { axis },
      [
        [1, 2, 3, 3],
        [1, 2, 1, 1],
      ],
      (axis === 0
        ? 'dimension mismatch between bottom[0]->shape(2) and scale->shape(2): 3 vs. 1, bottom[0] is 1 2 3 3 (18), scale is 1 2 1 1 (2)'
        : "scale blob's shape extends past bottom[0]'s shape when applied starting with bottom[0] axis = 1: 4 axes wanted, " +
          'bottom[0] is 1 2 3 3 (18)') +
        '\nhint: put a Flatten (or Reshape { dim: 0 dim: -1 }) before the second bottom, and set axis: 0',
    ]),
  ])('refuses %j over %j', (scale_param, inputs, message) => {
    expect(messageOf(() => new OneLayer({ type: 'Scale', scale_param }, inputs))).toBe(message);
  });

  test('refuses an input whose channels have changed', () => {
    const layer = new OneLayer({ type: 'Scale' }, [[1, 2]]);
    expect(messageOf(() => layer.set([[1, 3]]).forward())).toBe(
      'dimension mismatch between bottom[0]->shape(1) and scale->shape(0): 3 vs. 2, bottom[0] is 1 3 (3), scale is 2 (2)' +
        "\nhint: the scale must equal bottom[0]'s dimensions from axis 1 on",
    );
  });
});

describe('Bias', () => {
  test('learned or given offsets span any axes', () => {
    fc.assert(
      fc.property(cases, fc.boolean(), seeds, (c, learned, seed) => {
        const x = uniform(c.shape, seed, 'x');
        const bias = uniform(c.shape.slice(c.axis, c.axis + c.numAxes), seed, 'bias');
        const bias_param = { axis: c.axis, num_axes: c.rest ? -1 : c.numAxes };
        const layer = new OneLayer({ type: 'Bias', bias_param }, learned ? [x] : [x, bias]);
        expect(layer.layer.blobs.map((blob) => blob.shape)).toEqual(learned ? [bias.shape] : []);
        const expected = x.data.map((v, i) => v + bias.data[spanned(c, i)]!);
        expect(layer.setParams(learned ? [bias.data] : []).forward()).toEqual([expected]);
      }),
    );
  });

  test('starts as 0 and works in place', () => {
    const x = { shape: [1, 2], data: [3, 4] };
    expect(runLayer({ type: 'Bias' }, [x], { tops: 'in place' })).toEqual([Float32Array.of(3, 4)]);
    expect(runLayer({ type: 'Bias' }, [x], { tops: 'in place', params: [[1, 2]] })).toEqual([Float32Array.of(4, 6)]);
  });

  test('names itself in its refusals', () => {
    expect(messageOf(() => new OneLayer({ type: 'Bias', bias_param: { num_axes: 2 } }, [[1, 2]]))).toBe(
      "bias blob's shape extends past bottom[0]'s shape when applied starting with bottom[0] axis = 1: 2 axes wanted, " +
        "bottom[0] is 1 2 (2)\nhint: axis + the bias's number of axes may be at most 2",
    );
  });
});
