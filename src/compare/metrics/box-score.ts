/** box-score: how much the scores differ of the boxes that both sides have. */
import { matchBoxes } from './shared/match-boxes.js';
import { grew } from './shared/worse.js';
import type { Metric } from './metric.js';

export const metric: Metric = {
  name: 'box-score',
  title: 'box score',
  describe: 'largest difference of the scores of boxes that both sides have; of outputs of detectors',
  better: 'smaller',
  takesShapes: true,
  measure: (sides) => {
    const { matches = [] } = matchBoxes(sides) ?? {};
    return matches.length === 0 ? undefined : matches.reduce((most, each) => Math.max(most, each.scoreDifference), 0);
  },
  isWorse: grew,
};
