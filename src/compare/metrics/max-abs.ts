/** max-abs: the largest absolute difference. */
import { compare } from '../compare.js';
import { grewByScale } from './shared/worse.js';
import type { Metric } from './metric.js';

export const metric: Metric = {
  name: 'max-abs',
  title: 'max abs',
  describe: 'largest absolute difference',
  better: 'smaller',
  measure: ({ actual, reference, tolerance }) => compare(actual, reference, tolerance).maxAbs,
  isWorse: grewByScale,
};
