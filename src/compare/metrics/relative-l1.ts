/** relative-l1: the sum of the differences as a part of the reference's sum: the accumulated relative error. */
import { eachPair } from './shared/differences.js';
import { grew } from './shared/worse.js';
import type { Metric } from './metric.js';

export const metric: Metric = {
  name: 'relative-l1',
  title: 'rel l1',
  describe: "sum of the absolute differences, divided by the reference's: the accumulated relative error",
  better: 'smaller',
  measure: (sides) => {
    let [error, signal] = [0, 0];
    eachPair(sides, (a, b) => {
      error += Math.abs(a - b);
      signal += Math.abs(b);
    });
    return error === 0 ? 0 : error / signal;
  },
  isWorse: grew,
};
