/** merge-affine: BatchNorm, Scale, Bias and BN → part of the convolution, deconvolution or inner product before them. */
import { mergeAffine } from '../../optimize/merge.js';
import { factsOfStep } from '../../optimize/work.js';
import { isRefused, type Rewrite } from '../rewrite.js';

export const mergeAffineLayers: Rewrite = {
  name: 'merge-affine',
  doc: 'BatchNorm, Scale, Bias and BN in the weights of the layer before them',
  apply: async (marked, work) => {
    if (!isRefused(marked) || !factsOfStep(marked.step)?.affine) return false;
    for (const { layer, into } of await mergeAffine(work.net)) if (into !== undefined) work.merged(layer, into);
    return !work.net.steps.includes(marked.step);
  },
};
