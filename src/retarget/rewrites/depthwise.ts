/** depthwise: the forks' own types of depthwise convolution → Convolution with as many groups as channels. */
import { derive } from '../../proto/derive.js';
import { isRefused, type Rewrite } from '../rewrite.js';

const TYPES = new Set(['ConvolutionDepthwise', 'DepthwiseConvolution', 'ConvolutionDepthWise', 'DepthwiseConv']);

export const depthwise: Rewrite = {
  name: 'depthwise',
  doc: "Convolution with group equal to num_output in the place of the forks' types for it; the weights have the same shape",
  apply: (marked, work) => {
    const { step } = marked;
    const { layer, bottoms, tops, params } = step;
    const channels = bottoms[0]?.shape[1];
    const { convolution_param: param } = layer;
    if (!isRefused(marked) || !TYPES.has(layer.type ?? '') || !param || !work.takes('Convolution')) return false;
    // Of a Convolution the blobs are (outputs, 1, kernel): a fork may repeat channels in another order.
    if (tops[0]!.shape[1] !== channels || params[0]?.shape[1] !== 1) return false;
    step.layer = derive(layer, {
      type: 'Convolution',
      convolution_param: derive(param, { num_output: channels, group: channels }),
    });
    return true;
  },
};
