/** max-rel: the largest absolute difference, relative to the layer. */
import { compare } from '../compare.js';
import { grew } from './shared/worse.js';
import type { Metric } from './metric.js';

export const metric: Metric = {
  name: 'max-rel',
  title: 'max rel',
  describe: "largest absolute difference, divided by the reference's largest magnitude",
  better: 'smaller',
  measure: ({ actual, reference, tolerance }) => compare(actual, reference, tolerance).maxRel,
  isWorse: grew,
};
