/** relative-l2: the length of the difference, as a part of the reference's: the relative Euclidean distance. */
import { squaresOf } from './shared/differences.js';
import { grew } from './shared/worse.js';
import type { Metric } from './metric.js';

export const metric: Metric = {
  name: 'relative-l2',
  title: 'rel l2',
  describe: "length of the difference, divided by the reference's: the relative Euclidean distance",
  better: 'smaller',
  measure: (sides) => {
    const { error, signal } = squaresOf(sides);
    return error === 0 ? 0 : Math.sqrt(error / signal);
  },
  isWorse: grew,
};
