/** The number formats: each value is rounded to the nearest number of the format, ties to even, subnormals and ends included. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FORMAT_NAMES, FORMATS } from '../../src/simulate/formats/index.js';
import { asymmetricQuantizer, quantize, rangeOf, symmetricQuantizer } from '../../src/simulate/quantizer.js';

const rounded = (format: 'fp16' | 'bf16', value: number, saturates = false): number => {
  const values = Float32Array.of(value);
  FORMATS[format].round(values, undefined, saturates);
  return values[0]!;
};

test('each file of formats/ is a row of the table, and the other way round', () => {
  const files = readdirSync(path.join(import.meta.dirname, '../../src/simulate/formats')).map((name) =>
    name.slice(0, -3),
  );
  expect(files.filter((name) => !['format', 'index', 'bits'].includes(name)).sort()).toEqual([...FORMAT_NAMES].sort());
  for (const name of FORMAT_NAMES) expect(FORMATS[name].name).toBe(name);
});

/** All finite numbers of a format with so many bits of exponent and fraction, from 0 up. */
function numbersOf(exponentBits: number, fractionBits: number): number[] {
  const bias = 2 ** (exponentBits - 1) - 1;
  const numbers: number[] = [];
  for (let exponent = 0; exponent < 2 ** exponentBits - 1; exponent++)
    for (let fraction = 0; fraction < 2 ** fractionBits; fraction++)
      numbers.push(
        exponent === 0
          ? fraction * 2 ** (1 - bias - fractionBits)
          : (2 ** fractionBits + fraction) * 2 ** (exponent - bias - fractionBits),
      );
  return numbers;
}

describe.each([
  ['fp16', 5, 10, 65504],
  ['bf16', 8, 7, 3.3895313892515355e38],
] as const)('%s', (format, exponentBits, fractionBits, largest) => {
  const numbers = numbersOf(exponentBits, fractionBits);

  test('keeps every number of its own, and rounds what lies between two to the nearer, from the middle to the even one', () => {
    expect(numbers.at(-1)).toBe(largest);
    const wrong: number[] = [];
    const hold = (value: number, expected: number): void => {
      // The middle of two of bfloat16's smallest is no float32.
      if (Math.fround(value) !== value) return;
      if (!Object.is(rounded(format, value), expected) || !Object.is(rounded(format, -value), -expected))
        wrong.push(value);
    };
    for (const [i, low] of numbers.entries()) {
      hold(low, low);
      const high = numbers[i + 1];
      if (high === undefined) continue;
      const middle = (low + high) / 2;
      hold(middle, i % 2 === 0 ? low : high);
      hold(low + (high - low) / 4, low);
      hold(low + (3 * (high - low)) / 4, high);
    }
    expect(wrong).toEqual([]);
  });

  test('goes to infinity from half a step beyond the largest number, or stays there', () => {
    const step = largest - numbers.at(-2)!;
    const below = Math.fround(largest + step / 4);
    expect(rounded(format, below)).toBe(largest);
    expect(rounded(format, Math.fround(largest + step / 2))).toBe(Infinity);
    expect(rounded(format, -Math.fround(largest + step / 2), true)).toBe(-largest);
    expect([Infinity, -Infinity, NaN].map((value) => rounded(format, value, true))).toEqual([Infinity, -Infinity, NaN]);
  });
});

describe('int8', () => {
  test('rounds to whole steps, ties to even, and clamps', () => {
    const values = Float32Array.of(0.25, 0.75, -0.25, -0.75, 63.5, 64, 1e9, -1e9, NaN);
    FORMATS.int8.round(values, { scale: 0.5, zeroPoint: 0 }, true);
    expect([...values]).toEqual([0, 1, 0, -1, 63.5, 63.5, 63.5, -64, NaN]);
  });

  test('integers stand for (integer - zero point) * scale', () => {
    const quantizer = { scale: 0.5, zeroPoint: -100 };
    expect([0, 1, -14, -20, 200].map((value) => quantize(value, quantizer))).toEqual([-100, -98, -128, -128, 127]);
    expect(rangeOf(quantizer)).toEqual({ min: -14, max: 113.5 });
  });

  test('scales hold a range, 0 on a whole number of steps', () => {
    expect(symmetricQuantizer(12.7)).toEqual({ scale: Math.fround(0.1), zeroPoint: 0 });
    expect(asymmetricQuantizer({ min: 0, max: 25.5 })).toEqual({ scale: Math.fround(0.1), zeroPoint: -128 });
    expect(asymmetricQuantizer({ min: -25.5, max: 0 })).toEqual({ scale: Math.fround(0.1), zeroPoint: 127 });
    // 0 is in every range, or it would be no whole number.
    expect(asymmetricQuantizer({ min: 1, max: 25.5 })).toEqual(asymmetricQuantizer({ min: 0, max: 25.5 }));
    expect(asymmetricQuantizer({ min: 0, max: 0 }).scale).toBeGreaterThan(0);
  });
});
