/** rmse: the root of the mean squared difference. */
import { squaresOf } from './shared/differences.js';
import { grewByScale } from './shared/worse.js';
import type { Metric } from './metric.js';

export const metric: Metric = {
  name: 'rmse',
  title: 'rmse',
  describe: 'root of the mean squared difference',
  better: 'smaller',
  measure: (sides) => {
    const { error, count } = squaresOf(sides);
    return count === 0 ? 0 : Math.sqrt(error / count);
  },
  isWorse: grewByScale,
};
