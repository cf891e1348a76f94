/** outside: how many values numpy's allclose finds different. */
import { compare } from '../compare.js';
import { grewAtAll } from './shared/worse.js';
import type { Metric } from './metric.js';

export const metric: Metric = {
  name: 'outside',
  title: 'outside',
  describe: 'number of values outside atol + rtol·|reference|',
  better: 'smaller',
  measure: ({ actual, reference, tolerance }) => compare(actual, reference, tolerance).outside,
  isWorse: grewAtAll,
};
