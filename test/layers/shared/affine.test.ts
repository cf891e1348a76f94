/** Factor and offset of normalizations, and of several in a row. */
import { expect, test } from '@jest/globals';
import {
  compose,
  deviationOf,
  equalAffine,
  identityAffine,
  normalizationAffine,
} from '../../../src/layers/shared/affine.js';

const numbers = (values: ArrayLike<number>) => Array.from(values);

test('a normalization is weight / deviation, and bias − mean · weight / deviation, in float64', () => {
  const deviation = deviationOf(Float32Array.of(3, 8), 1);
  expect(numbers(deviation)).toEqual([2, 3]);
  const { factor, offset } = normalizationAffine(2, { mean: [5, -7], deviation, weight: [1, 6], bias: [10, 20] });
  expect(numbers(factor)).toEqual([0.5, 2]);
  expect(numbers(offset)).toEqual([7.5, 34]);
});

test('what is absent changes nothing', () => {
  expect(equalAffine(normalizationAffine(2, {}), identityAffine(2))).toBe(true);
  const { factor, offset } = normalizationAffine(2, { weight: [2, 3], bias: [4, 5] });
  expect([numbers(factor), numbers(offset)]).toEqual([
    [2, 3],
    [4, 5],
  ]);
  expect(numbers(normalizationAffine(1, { mean: [6], weight: [2] }).offset)).toEqual([-12]);
});

test('one after the other is one of both: the first is applied first', () => {
  const [first, second] = [
    normalizationAffine(1, { weight: [2], bias: [1] }),
    normalizationAffine(1, { weight: [3], bias: [5] }),
  ];
  const both = compose(first, second);
  expect([both.factor[0]! * 7 + both.offset[0]!, (7 * 2 + 1) * 3 + 5]).toEqual([50, 50]);
  expect(equalAffine(compose(identityAffine(1), first), first)).toBe(true);
  expect(equalAffine(first, second)).toBe(false);
});
