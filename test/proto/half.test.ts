import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { float16ToFloat32 } from 'npyjs';
import { halvesOf } from '../../src/proto/half.js';

const halfOf = (value: number) => halvesOf(Float32Array.of(value))[0]!;

test('every value of half precision is itself', () => {
  const bits = Array.from({ length: 65_536 }, (_, i) => i).filter((i) => !Number.isNaN(float16ToFloat32(i)));
  expect(Array.from(halvesOf(Float32Array.from(bits, (each) => float16ToFloat32(each))))).toEqual(bits);
});

test('the nearest of its neighbours, of two equally near ones the even', () => {
  const middles = fc
    .integer({ min: 0, max: 0x7bfe })
    .map((bits) => (float16ToFloat32(bits) + float16ToFloat32(bits + 1)) / 2);
  fc.assert(
    fc.property(fc.oneof(fc.float({ noNaN: true, min: -65504, max: 65504 }), middles), (value) => {
      const bits = halfOf(value);
      const error = (each: number) => Math.abs(float16ToFloat32(each) - value);
      for (const neighbour of [bits - 1, bits + 1]) {
        if ((neighbour & 0x7fff) >= 0x7c00 || (neighbour ^ bits) & 0x8000) continue;
        expect(error(bits)).toBeLessThanOrEqual(error(neighbour));
        if (error(bits) === error(neighbour)) expect(bits & 1).toBe(0);
      }
    }),
    { numRuns: 2000 },
  );
});

test('what half precision cannot hold is counted', () => {
  const range = { overflow: 0, underflow: 0 };
  const values = [65519.99, 65520, -1e5, Infinity, NaN, 2 ** -24, 2 ** -25, -1e-9, 0, -0];
  expect(Array.from(halvesOf(Float32Array.from(values), range))).toEqual([
    0x7bff, 0x7c00, 0xfc00, 0x7c00, 0x7e00, 0x0001, 0x0000, 0x8000, 0x0000, 0x8000,
  ]);
  expect(range).toEqual({ overflow: 2, underflow: 2 });
});
