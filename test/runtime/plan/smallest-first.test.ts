/** The queue that hands out the smallest number first. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SmallestFirst } from '../../../src/runtime/plan/smallest-first.js';

test('gives the smallest of what it holds, whatever goes in between', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer())), (steps) => {
      const queue = new SmallestFirst();
      const held: number[] = [];
      for (const step of steps)
        if (step === null) {
          held.sort((a, b) => a - b);
          expect(queue.pop()).toBe(held.shift());
        } else {
          queue.push(step);
          held.push(step);
        }
    }),
  );
});
