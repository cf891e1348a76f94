/** boxes: the part of a detector's boxes that both sides have. */
import { matchBoxes } from './shared/match-boxes.js';
import { fell } from './shared/worse.js';
import type { Metric } from './metric.js';

export const metric: Metric = {
  name: 'boxes',
  title: 'boxes',
  describe: 'part of the boxes that both sides have, matched by IoU of 0.5 and more; of outputs of detectors',
  better: 'larger',
  takesShapes: true,
  measure: (sides) => {
    const found = matchBoxes(sides);
    if (!found) return undefined;
    const all = found.actualCount + found.referenceCount;
    return all === 0 ? 1 : (2 * found.matches.length) / all;
  },
  isWorse: fell,
};
