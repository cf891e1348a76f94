/** first-non-finite: where the net first gives NaN or an infinity that the reference has not. */
import { eachPair } from './shared/differences.js';
import type { Metric } from './metric.js';

export const metric: Metric = {
  name: 'first-non-finite',
  title: 'first nan/inf',
  describe: 'flat index of the first NaN or infinity that one side has and the other has not',
  measure: (sides) => {
    let first: number | undefined;
    eachPair(sides, (a, b, index) => {
      if (first === undefined && !(Number.isFinite(a) && Number.isFinite(b))) first = index;
    });
    return first;
  },
};
