/** box-iou: how much the boxes that both sides have overlap. */
import { matchBoxes } from './shared/match-boxes.js';
import { fell } from './shared/worse.js';
import type { Metric } from './metric.js';

export const metric: Metric = {
  name: 'box-iou',
  title: 'box iou',
  describe: 'smallest IoU of the boxes that both sides have; of outputs of detectors',
  better: 'larger',
  takesShapes: true,
  measure: (sides) => {
    const { matches = [] } = matchBoxes(sides) ?? {};
    return matches.length === 0 ? undefined : matches.reduce((least, { iou }) => Math.min(least, iou), 1);
  },
  isWorse: fell,
};
