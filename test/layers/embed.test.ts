/** Embed against a table look-up, and what it refuses. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { expectClose, messageOf, ROUNDING } from '../support/close.js';
import { OneLayer } from '../support/one-layer.js';
import { integers, seeds, shapes, uniform } from '../support/values.js';

describe('Embed', () => {
  test('looks up rows and adds the bias', () => {
    fc.assert(
      fc.property(
        shapes(),
        seeds,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (shape, seed, inputs, outputs, bias_term) => {
          const x = integers(shape, seed, 'x', 0, inputs);
          const weight = uniform([inputs, outputs], seed, 'weight').data;
          const bias = uniform([outputs], seed, 'bias').data;
          const layer = new OneLayer(
            { type: 'Embed', embed_param: { input_dim: inputs, num_output: outputs, bias_term } },
            [x],
          );
          expect(layer.layer.blobs.map((blob) => blob.shape)).toEqual(
            bias_term ? [[inputs, outputs], [outputs]] : [[inputs, outputs]],
          );
          expect(layer.top[0]!.shape).toEqual([...shape, outputs]);
          const expected = [...x.data].flatMap((row) =>
            Array.from(bias, (b, o) => weight[row * outputs + o]! + (bias_term ? b : 0)),
          );
          const [y] = layer.setParams(bias_term ? [weight, bias] : [weight]).forward();
          // One addition of numbers below 2.
          expectClose(y!, expected, 4 * ROUNDING);
        },
      ),
    );
  });

  test('an index loses its fraction toward zero', () => {
    const param = { type: 'Embed', embed_param: { input_dim: 2, num_output: 1, bias_term: false } };
    const layer = new OneLayer(param, [{ shape: [3], data: [0.99, 1.5, -0.5] }]).setParams([[10, 20]]);
    expect(layer.forward()).toEqual([Float32Array.of(10, 20, 10)]);
  });

  test.each([-1, 2, NaN])('refuses index %p of two rows', (index) => {
    const param = { type: 'Embed', embed_param: { input_dim: 2, num_output: 1 } };
    const layer = new OneLayer(param, [{ shape: [2], data: [0, index] }]);
    expect(messageOf(() => layer.forward())).toBe(
      `index ${index} at 1 of bottom[0] is out of range: expected 0 to 1\n` +
        'hint: embed_param.input_dim (2) must be larger than every index',
    );
  });

  test('refuses to be without outputs or inputs', () => {
    expect(messageOf(() => new OneLayer({ type: 'Embed', embed_param: { input_dim: 2 } }, [[1]]))).toBe(
      "layer 'l' (Embed): EmbedLayer num_output must be positive (0 vs. 0)",
    );
    expect(messageOf(() => new OneLayer({ type: 'Embed', embed_param: { num_output: 2 } }, [[1]]))).toBe(
      "layer 'l' (Embed): EmbedLayer input_dim must be positive (0 vs. 0)\n" +
        'hint: input_dim is the number of different indices',
    );
  });
});
