/** custom: a layer that NNIE lacks, in the middle of a net → Custom, which the mapper leaves to the program around it. */
import { OWN_SETTINGS } from '../../proto/message.js';
import { isRefused, type Rewrite } from '../rewrite.js';

export const custom: Rewrite = {
  name: 'custom',
  doc: 'Custom with the shapes of its tops in the place of a layer that the program around the net is to compute',
  apply: (marked, work) => {
    const { step } = marked;
    // A target that has no list of layers reads no Custom for that.
    const isKnown = work.target.layers?.beyondBvlc?.includes('Custom') ?? false;
    if (!isRefused(marked) || !isKnown || step.params.length > 0) return false;
    // What the net ends in needs no layer: cut it off, and compute it from what is before it.
    if (step.tops.some((top) => work.isOutput(top)) || !work.giveOwnTop(step)) return false;
    const lines = step.tops.flatMap(({ shape }) => ['  shape {', ...shape.map((dim) => `    dim: ${dim}`), '  }']);
    work.runAs.set(step, step.layer);
    step.layer = {
      name: step.layer.name,
      type: 'Custom',
      [OWN_SETTINGS]: ['custom_param {', ...lines, '}'],
    } as typeof step.layer;
    return true;
  },
};
