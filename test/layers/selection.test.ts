/** Filter and BatchReindex: which items of a batch go on depends on values. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Net } from '../../src/runtime/net.js';
import { messageOf } from '../support/close.js';
import { OneLayer } from '../support/one-layer.js';
import { count, integers, seeds, shapes, uniform } from '../support/values.js';

describe('Filter', () => {
  test('passes on the items that the selector marks', () => {
    fc.assert(
      fc.property(shapes(), fc.integer({ min: 1, max: 3 }), seeds, (shape, n, seed) => {
        const inputs = Array.from({ length: n }, (_, k) =>
          uniform([shape[0]!, ...shape.slice(1), k + 1], seed, `x${k}`),
        );
        const selector = integers([shape[0]!], seed, 'selector', 0, 2);
        const layer = new OneLayer({ type: 'Filter' }, [...inputs, selector], n);
        // Values are not looked at before the first pass.
        layer.layer.reshape(layer.bottom, layer.top);
        const tops = layer.forward();
        const chosen = Array.from(selector.data.keys()).filter((i) => selector.data[i] !== 0);
        inputs.forEach(({ shape: s, data }, k) => {
          const size = count(s.slice(1));
          expect(layer.top[k]!.shape).toEqual([chosen.length, ...s.slice(1)]);
          expect(Array.from(tops[k]!)).toEqual(
            chosen.flatMap((i) => Array.from(data.subarray(i * size, (i + 1) * size))),
          );
        });
      }),
    );
  });

  test('has as many items as its bottoms until the first pass', () => {
    const layer = new OneLayer({ type: 'Filter' }, [[4, 2], [4]]);
    expect(layer.top[0]!.shape).toEqual([4, 2]);
  });

  test('NaN marks an item, and none may be marked', () => {
    const x = { shape: [2], data: [7, 8] };
    const layer = new OneLayer({ type: 'Filter' }, [x, { shape: [2], data: [0, NaN] }]);
    expect(layer.forward()).toEqual([Float32Array.of(8)]);
    layer.set([x, { shape: [2], data: [0, 0] }]);
    expect(layer.forward()).toEqual([new Float32Array(0)]);
    expect(layer.top[0]!.shape).toEqual([0]);
  });

  test.each([
    [
      [
        [2, 3],
        [2, 2],
      ],
      1,
      'Selector blob dimensions must be singletons (1), except the first: it is 2 2 (4)',
    ],
    [
      [[3, 3], [2]],
      1,
      'Each bottom should have the same 0th dimension as the selector blob: bottom[0] is 3 3 (9), the selector 2 (2)',
    ],
    [[[2], [2], [2]], 1, 'a Filter has one top for each bottom but the last, the selector: 1 tops, 3 bottoms'],
  ])('refuses %j with %d tops', (inputs, tops, reason) => {
    expect(messageOf(() => new OneLayer({ type: 'Filter' }, inputs, tops))).toBe(`layer 'l' (Filter): ${reason}`);
  });

  test('refuses to work in place', () => {
    expect(messageOf(() => new OneLayer({ type: 'Filter' }, [[2], [2]], 'in place'))).toBe(
      "layer 'l' (Filter): Filter Layer does not allow in-place computation.\nhint: give the top a name of its own",
    );
  });

  test('layers after it follow its shape within a pass', async () => {
    const net = await Net.load(`
      layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 dim: 2 } } }
      layer { name: "s" type: "Input" top: "s" input_param { shape { dim: 3 } } }
      layer { name: "f" type: "Filter" bottom: "x" bottom: "s" top: "f" }
      layer { name: "y" type: "Power" bottom: "f" top: "y" power_param { scale: 10 } }`);
    try {
      net.blobs.get('x')!.data.set([1, 2, 3, 4, 5, 6]);
      net.blobs.get('s')!.data.set([0, 1, 1]);
      const y = (await net.forward()).get('y')!;
      expect([y.shape, y.data]).toEqual([[2, 2], Float32Array.of(30, 40, 50, 60)]);
      net.blobs.get('s')!.data.set([0, 0, 1]);
      await net.forward();
      expect([y.shape, y.data]).toEqual([[1, 2], Float32Array.of(50, 60)]);
    } finally {
      net.dispose();
    }
  });
});

describe('BatchReindex', () => {
  test('picks items by index', () => {
    fc.assert(
      fc.property(shapes(), fc.nat({ max: 8 }), seeds, (shape, n, seed) => {
        const x = uniform(shape, seed, 'x');
        const index = integers([n], seed, 'index', 0, shape[0]!);
        const layer = new OneLayer({ type: 'BatchReindex' }, [x, index]);
        expect(layer.top[0]!.shape).toEqual([n, ...shape.slice(1)]);
        const size = count(shape.slice(1));
        const expected = Array.from(index.data).flatMap((i) => Array.from(x.data.subarray(i * size, (i + 1) * size)));
        expect(Array.from(layer.forward()[0]!)).toEqual(expected);
      }),
    );
  });

  const forward = (index: number[]): Float32Array[] =>
    new OneLayer({ type: 'BatchReindex' }, [
      { shape: [2], data: [5, 6] },
      { shape: [index.length], data: index },
    ]).forward();

  test('truncates indices', () => {
    expect(forward([1.9, 0.5])).toEqual([Float32Array.of(6, 5)]);
  });

  test.each([
    [[0, -1], 'Index specified for reindex layer was negative: index 1 is -1'],
    [[NaN], 'Index specified for reindex layer was negative: index 0 is NaN'],
    [[2], 'Index specified for reindex layer was greater than batch size: index 0 is 2, the batch has 2 items'],
  ])('refuses the indices %j', (index, reason) => {
    expect(messageOf(() => forward(index))).toBe(`layer 'l' (BatchReindex): ${reason}`);
  });

  test('refuses an index blob of two axes', () => {
    expect(messageOf(() => new OneLayer({ type: 'BatchReindex' }, [[2], [2, 1]]))).toBe(
      "layer 'l' (BatchReindex): the index blob must have 1 axis, got 2",
    );
  });
});
