/** mean-rel: the mean relative difference, of values that are not 0 in the reference. */
import { eachPair } from './shared/differences.js';
import { grew } from './shared/worse.js';
import type { Metric } from './metric.js';

export const metric: Metric = {
  name: 'mean-rel',
  title: 'mean rel',
  describe: 'mean of |difference| / |reference|, over values that are not 0 in the reference',
  better: 'smaller',
  measure: (sides) => {
    let [sum, count] = [0, 0];
    eachPair(sides, (a, b) => {
      if (b === 0) return;
      sum += Math.abs((a - b) / b);
      count++;
    });
    return count === 0 ? undefined : sum / count;
  },
  isWorse: grew,
};
