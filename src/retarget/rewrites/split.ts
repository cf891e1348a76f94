/** split: a Split that is written in the net → its bottom, read by all. */
import { isRefused, type Rewrite } from '../rewrite.js';

export const split: Rewrite = {
  name: 'split',
  doc: 'no Split layers: what reads their tops reads their bottom',
  apply: (marked, work) => {
    const { step } = marked;
    if (!isRefused(marked) || step.layer.type !== 'Split' || step.tops.some((top) => work.isOutput(top))) return false;
    work.dissolve(step);
    return true;
  },
};
