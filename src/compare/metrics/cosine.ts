/** cosine: of the angle between both sides as vectors. */
import { compare } from '../compare.js';
import { fell } from './shared/worse.js';
import type { Metric } from './metric.js';

export const metric: Metric = {
  name: 'cosine',
  title: 'cosine',
  describe: 'cosine of the angle between both, as vectors',
  better: 'larger',
  measure: ({ actual, reference, tolerance }) => compare(actual, reference, tolerance).cosine,
  isWorse: fell,
};
