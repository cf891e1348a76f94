/** ArgMax against sorting, and what it refuses. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { messageOf } from '../support/close.js';
import { OneLayer, runLayer } from '../support/one-layer.js';
import { count, integers, seeds, shapes } from '../support/values.js';

/** Index and value of the elements of `line` in descending order, of equal ones the later first. */
function descending(line: number[]): [number, number][] {
  return line.map((value, i): [number, number] => [i, value]).sort((a, b) => b[1] - a[1] || b[0] - a[0]);
}

describe('ArgMax', () => {
  test('finds the largest along an axis', () => {
    fc.assert(
      fc.property(
        shapes({ maxDim: 24, maxAxes: 3 }),
        seeds,
        fc.nat(),
        fc.nat(),
        fc.boolean(),
        (shape, seed, a, k, values) => {
          const axis = a % shape.length;
          const length = shape[axis]!;
          const topK = 1 + (k % length);
          const x = integers(shape, seed, 'x', 0, 10);
          const inner = count(shape.slice(axis + 1));
          const expected = new Float32Array((x.data.length / length) * topK);
          for (let outer = 0; outer < count(shape.slice(0, axis)); outer++)
            for (let i = 0; i < inner; i++)
              descending(Array.from({ length }, (_, j) => x.data[(outer * length + j) * inner + i]!))
                .slice(0, topK)
                .forEach((pair, j) => (expected[(outer * topK + j) * inner + i] = pair[values ? 1 : 0]));
          const layer = new OneLayer(
            {
              type: 'ArgMax',
              argmax_param: { axis: axis - (seed % 2) * shape.length, top_k: topK, out_max_val: values },
            },
            [x],
          );
          expect(layer.top[0]!.shape).toEqual(shape.with(axis, topK));
          expect(layer.forward()).toEqual([expected]);
        },
      ),
    );
  });

  test('without an axis looks at whole instances', () => {
    fc.assert(
      fc.property(shapes({ maxDim: 5 }), seeds, fc.nat(), fc.boolean(), (shape, seed, k, values) => {
        const length = count(shape.slice(1));
        const topK = 1 + (k % length);
        const x = integers(shape, seed, 'x', 0, 10);
        const expected: number[] = [];
        for (let n = 0; n < shape[0]!; n++) {
          const best = descending([...x.data.subarray(n * length, (n + 1) * length)]).slice(0, topK);
          expected.push(...best.map(([i]) => i), ...(values ? best.map(([, value]) => value) : []));
        }
        const layer = new OneLayer({ type: 'ArgMax', argmax_param: { top_k: topK, out_max_val: values } }, [x]);
        const rest = new Array<number>(Math.max(shape.length - 3, 0)).fill(1);
        expect(layer.top[0]!.shape).toEqual([shape[0], values ? 2 : 1, topK, ...rest]);
        expect(layer.forward()).toEqual([Float32Array.from(expected)]);
      }),
    );
  });

  test('of equal elements the last comes first', () => {
    const x = { shape: [1, 4], data: [3, 1, 3, 3] };
    expect(runLayer({ type: 'ArgMax', argmax_param: { top_k: 4 } }, [x])).toEqual([Float32Array.of(3, 2, 0, 1)]);
  });

  test('a NaN takes the place of what came before it, as in the comparison of pairs', () => {
    const param = { type: 'ArgMax' };
    expect(runLayer(param, [{ shape: [1, 3], data: [9, NaN, 1] }])).toEqual([Float32Array.of(2)]);
    expect(runLayer(param, [{ shape: [1, 3], data: [9, 1, NaN] }])).toEqual([Float32Array.of(2)]);
  });

  test.each([
    [{ top_k: 0 }, [2, 3], 'top k must not be less than 1 (0 vs. 1)'],
    [
      { top_k: 4 },
      [2, 3],
      'top_k must be less than or equal to the dimension of the flattened bottom blob per instance (4 vs. 3): ' +
        'bottom[0] is 2 3 (6)',
    ],
    [
      { top_k: 3, axis: 0 },
      [2, 3],
      'top_k must be less than or equal to the dimension of the axis (3 vs. 2): bottom[0] is 2 3 (6)',
    ],
  ])('refuses %p of a blob of %p', (argmax_param, shape, message) => {
    expect(messageOf(() => new OneLayer({ type: 'ArgMax', argmax_param }, [shape]))).toBe(
      `layer 'l' (ArgMax): ${message}`,
    );
  });

  test('refuses an axis that does not exist, and in-place use', () => {
    expect(messageOf(() => new OneLayer({ type: 'ArgMax', argmax_param: { axis: -3 } }, [[2, 3]]))).toBe(
      'axis -3 out of range for 2-D Blob with shape 2 3 (6)',
    );
    expect(messageOf(() => new OneLayer({ type: 'ArgMax' }, [[2, 3]], 'in place'))).toBe(
      "layer 'l' (ArgMax): ArgMax Layer does not allow in-place computation.\nhint: give the top a name of its own",
    );
  });
});
