/** kl: the Kullback-Leibler divergence of the reference from what the net gives, of values that can be probabilities. */
import { grew } from './shared/worse.js';
import type { Metric } from './metric.js';

export const metric: Metric = {
  name: 'kl',
  title: 'kl',
  describe:
    'Kullback-Leibler divergence in nats, both sides divided by their sums; of values of which none is negative',
  better: 'smaller',
  measure: ({ actual, reference }) => {
    const [ofActual, ofReference] = [sumOf(actual), sumOf(reference)];
    if (ofActual === undefined || ofReference === undefined) return undefined;
    let divergence = 0;
    for (let i = 0; i < reference.length; i++) {
      const p = reference[i]! / ofReference;
      if (p > 0) divergence += p * Math.log((p * ofActual) / actual[i]!);
    }
    // Rounding can leave less than nothing.
    return Math.max(0, divergence);
  },
  isWorse: grew,
};

/** The sum; undefined where a value is negative or no number, or all are 0. */
function sumOf(values: ArrayLike<number>): number | undefined {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    if (!(values[i]! >= 0)) return undefined;
    sum += values[i]!;
  }
  return sum > 0 && sum < Infinity ? sum : undefined;
}
