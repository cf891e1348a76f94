/** mean-abs: the mean absolute difference. */
import { eachPair } from './shared/differences.js';
import { grewByScale } from './shared/worse.js';
import type { Metric } from './metric.js';

export const metric: Metric = {
  name: 'mean-abs',
  title: 'mean abs',
  describe: 'mean absolute difference',
  better: 'smaller',
  measure: (sides) => {
    let [sum, count] = [0, 0];
    eachPair(sides, (a, b) => {
      sum += Math.abs(a - b);
      count++;
    });
    return count === 0 ? 0 : sum / count;
  },
  isWorse: grewByScale,
};
