/**
 * Placing values by lifetime: nothing that lives at the same time overlaps, and little room is lost.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { place, type Lifetime } from '../../../src/runtime/plan/memory.js';

const lifetimes = fc.array(
  fc
    .record({ bytes: fc.oneof(fc.nat(300), fc.nat(100_000)), first: fc.nat(12), length: fc.nat(6) })
    .map(({ bytes, first, length }): Lifetime => ({ bytes, first, last: first + length })),
  { maxLength: 40 },
);

test('what lives at the same time lies apart, within the stretch, at multiples of 64', () => {
  fc.assert(
    fc.property(lifetimes, (lives) => {
      const { offsets, bytes } = place(lives);
      expect(offsets).toHaveLength(lives.length);
      lives.forEach((a, i) => {
        const [start, end] = [offsets[i]!, offsets[i]! + a.bytes];
        expect(start % 64).toBe(0);
        expect(end).toBeLessThanOrEqual(bytes);
        lives.slice(i + 1).forEach((b, j) => {
          const other = offsets[i + 1 + j]!;
          const isApart = a.last < b.first || b.last < a.first || end <= other || other + b.bytes <= start;
          expect(isApart).toBe(true);
        });
      });
    }),
  );
});

test('values one after another share one place, as large as the largest', () => {
  const lives = [100, 1000, 300].map((bytes, step) => ({ bytes, first: step, last: step }));
  expect(place(lives)).toEqual({ offsets: [0, 0, 0], bytes: 1024 });
});

test('a chain needs room for two neighbours', () => {
  const lives = Array.from({ length: 9 }, (_, step) => ({ bytes: 640, first: step, last: step + 1 }));
  expect(place(lives).bytes).toBe(1280);
});

test('the smallest gap that fits is taken', () => {
  // Gaps of 512 and of 128 bytes at step 1, where 1280, 640 and 256 bytes are in the way.
  const lives = [
    { bytes: 1280, first: 0, last: 1 },
    { bytes: 704, first: 0, last: 0 },
    { bytes: 640, first: 0, last: 1 },
    { bytes: 448, first: 0, last: 0 },
    { bytes: 256, first: 0, last: 1 },
    { bytes: 128, first: 1, last: 1 },
  ];
  const { offsets, bytes } = place(lives);
  expect(offsets).toEqual([0, 1280, 1984, 2624, 3072, 2624]);
  expect(bytes).toBe(3328);
});

test('nothing needs nothing', () => {
  expect(place([])).toEqual({ offsets: [], bytes: 0 });
});
