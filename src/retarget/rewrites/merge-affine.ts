/** merge-affine: BatchNorm, Scale and Bias → part of the convolution, deconvolution or inner product before them. */
import { mergeAffine } from '../../optimize/merge.js';
import { isRefused, type Rewrite } from '../rewrite.js';

export const mergeAffineLayers: Rewrite = {
  name: 'merge-affine',
  doc: 'BatchNorm, Scale and Bias in the weights of the layer before them',
  apply: async (marked, work) => {
    if (!isRefused(marked) || !['BatchNorm', 'Scale', 'Bias'].includes(marked.step.layer.type ?? '')) return false;
    for (const { layer, into } of await mergeAffine(work.net)) if (into !== undefined) work.merged(layer, into);
    return !work.net.steps.includes(marked.step);
  },
};
