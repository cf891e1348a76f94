import { describe, expect, test } from '@jest/globals';
import { compare } from '../../src/compare/compare.js';

const tolerance = { rtol: 1e-3, atol: 1e-4 };

describe('compare', () => {
  test('equal arrays have no error', () => {
    expect(compare([1, -2, 0], [1, -2, 0], tolerance)).toEqual({
      count: 3,
      maxAbs: 0,
      maxRel: 0,
      cosine: 1,
      allclose: true,
      outside: 0,
      worstIndex: 0,
      referenceMax: 2,
    });
  });

  test('max rel is relative to the largest reference value, not to the element', () => {
    const c = compare([100, 0.002], [100, 0.001], tolerance);
    expect(c.maxAbs).toBeCloseTo(0.001, 12);
    expect(c.maxRel).toBeCloseTo(1e-5, 12);
    expect(c.worstIndex).toBe(1);
  });

  test('allclose follows numpy: the tolerance grows with the reference, not with the value', () => {
    // 2 ≤ 0.5·4, but 2 > 0.5·2
    expect(compare([2], [4], { rtol: 0.5, atol: 0 }).allclose).toBe(true);
    expect(compare([4], [2], { rtol: 0.5, atol: 0 }).allclose).toBe(false);
  });

  test('a value on the tolerance is inside it', () => {
    expect(compare([1.5], [1], { rtol: 0, atol: 0.5 }).outside).toBe(0);
    expect(compare([1.5000001], [1], { rtol: 0, atol: 0.5 }).outside).toBe(1);
  });

  test('NaN on one side never agrees and is the worst element', () => {
    const c = compare([1, NaN, 9], [1, 1, 1], tolerance);
    expect(c.allclose).toBe(false);
    expect(c.outside).toBe(2);
    expect(c.maxAbs).toBeNaN();
    expect(c.worstIndex).toBe(1);
  });

  test('NaN on both sides and equal infinities agree, and leave the cosine alone', () => {
    const c = compare([NaN, Infinity, 3], [NaN, Infinity, 3], tolerance);
    expect(c).toMatchObject({ allclose: true, maxAbs: 0, cosine: 1 });
  });

  test('opposite infinities differ', () => {
    expect(compare([Infinity], [-Infinity], tolerance)).toMatchObject({ allclose: false, maxAbs: Infinity });
  });

  test('cosine: opposite, orthogonal, one side zero, both zero', () => {
    expect(compare([1, 0], [-1, 0], tolerance).cosine).toBe(-1);
    expect(compare([1, 0], [0, 1], tolerance).cosine).toBe(0);
    expect(compare([0, 0], [1, 0], tolerance).cosine).toBe(0);
    expect(compare([0, 0], [0, 0], tolerance).cosine).toBe(1);
  });

  test('arrays of different lengths are a defect of the caller', () => {
    expect(() => compare([1], [1, 2], tolerance)).toThrow('cannot compare 1 values with 2');
  });
});
