/** own-tops: an in-place layer → one with a top of its own. */
import { isInPlace } from '../../proto/in-place.js';
import { layerOf } from '../../optimize/work.js';
import type { Rewrite } from '../rewrite.js';

export const ownTops: Rewrite = {
  name: 'own-tops',
  doc: 'a top of its own for an in-place layer; the blob keeps its name for what the last layer left in it',
  apply: ({ step, problem }, work) => {
    const isOfInPlace = problem.measure === 'isInPlace' || problem.measure === 'bottoms';
    return isOfInPlace && isInPlace(layerOf(step)) && work.giveOwnTop(step);
  },
};
