/** quantile: of the absolute differences, and of any numbers, as numpy's default method interpolates. */
import { grewByScale } from './worse.js';
import { eachPair } from './differences.js';
import type { Metric } from '../metric.js';

/**
 * A quantile of numbers that are sorted.
 * @returns NaN of none
 */
export function quantileOf(sorted: ArrayLike<number>, q: number): number {
  const { length } = sorted;
  if (length === 0) return NaN;
  const at = (length - 1) * q;
  const low = Math.floor(at);
  const [below, above] = [sorted[low]!, sorted[Math.min(low + 1, length - 1)]!];
  // An infinity above counts only where it has a part.
  return below === above || at === low ? below : below + (above - below) * (at - low);
}

/** The measure that a part of all differences is at most. */
export function errorQuantile(name: string, q: number): Metric {
  return {
    name,
    title: name,
    describe: `what ${q * 100} % of the absolute differences are at most`,
    better: 'smaller',
    measure: (sides) => {
      const errors = new Float64Array(sides.reference.length);
      let count = 0;
      eachPair(sides, (a, b) => {
        errors[count++] = Math.abs(a - b);
      });
      // What is not finite and the same on both sides differs by nothing. NaN is sorted to the end.
      return Number.isNaN(errors.sort().at(-1)) ? NaN : quantileOf(errors, q);
    },
    isWorse: grewByScale,
  };
}
