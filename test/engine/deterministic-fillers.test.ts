import { describe, expect, test } from '@jest/globals';
import { deterministicFill, isDeterministicFiller } from '../../src/engine/deterministic-fillers.js';

describe('deterministicFill', () => {
  test.each([
    [1, [1]],
    [2, [0.5, 0.5]],
    [3, [0.5, 1, 0.5]],
    [4, [0.25, 0.75, 0.75, 0.25]],
    [8, [0.125, 0.375, 0.625, 0.875, 0.875, 0.625, 0.375, 0.125]],
  ])('bilinear kernels of size %i are products of tents, the same for every channel pair', (size, tent) => {
    const kernel = tent.flatMap((y) => tent.map((x) => x * y));
    const shape = [2, 3, size, size];
    expect(Array.from(deterministicFill(shape, { type: 'bilinear' }))).toEqual(Array(6).fill(kernel).flat());
  });

  test.each([5, 6, 7, 9, 11])('bilinear kernels of size %i, whose tents are no sums of powers of two', (size) => {
    const factor = Math.ceil(size / 2);
    const tent = Array.from({ length: size }, (_, i) => 1 - Math.abs(i / factor - (size - 1) / (2 * factor)));
    const kernel = deterministicFill([1, 1, size, size], { type: 'bilinear' });
    const expected = tent.flatMap((y) => tent.map((x) => x * y));
    // Three roundings to float32 of numbers up to 1 in each tent, 3 * 2^-25, and one of the product: 7 * 2^-25.
    for (const [i, value] of kernel.entries()) expect(Math.abs(value - expected[i]!)).toBeLessThan(7 * 2 ** -25);
  });

  test('constant, the default type, is 0 unless told otherwise', () => {
    expect(Array.from(deterministicFill([2, 2], undefined))).toEqual([0, 0, 0, 0]);
    expect(Array.from(deterministicFill([3], { value: 2.5 }))).toEqual([2.5, 2.5, 2.5]);
    expect(Array.from(deterministicFill([], { type: 'constant', value: 1 }))).toEqual([1]);
  });

  test.each([
    [[2, 3], { type: 'bilinear' }, 'Blob must be 4 dim. (bilinear filler on a blob of shape 2x3)'],
    [[1, 1, 2, 3], { type: 'bilinear' }, 'Filter must be square (bilinear filler on a blob of shape 1x1x2x3)'],
    [[1], { type: 'gaussian' }, "filler 'gaussian' is random"],
  ])('refuses %j with %j', (shape, filler, message) => {
    expect(() => deterministicFill(shape, filler)).toThrow(message);
  });

  test('which types are deterministic', () => {
    const types = ['constant', 'bilinear', 'xavier', 'msra', 'uniform', 'gaussian', 'positive_unitball'];
    expect(types.filter((type) => isDeterministicFiller({ type }))).toEqual(['constant', 'bilinear']);
    expect(isDeterministicFiller(undefined)).toBe(true);
    expect(isDeterministicFiller({ value: 3 })).toBe(true);
  });
});
