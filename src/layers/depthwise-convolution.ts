/** DepthwiseConvolution: a Convolution that has one group for each channel. */
import { CONVOLUTION_BLOBS, convolutionSettings, convolutionWeights } from './shared/base-convolution.js';
import { ConvolutionLayer } from './convolution.js';
import type { LayerFacts } from './facts.js';

/**
 * Convolution of each channel on its own: `group` and `num_output` are written, and are the number of channels.
 *
 * @formula as Convolution
 * @bottoms x, (N, C, H, W)
 * @tops y, as Convolution's
 * @params weight (num_output, channels / group, kernel…); bias (num_output) unless `bias_term` is false
 * @fields those of Convolution
 * @notes The fork computes on CPUs as Convolution does, whatever `group` is
 * @source depthwise_conv_layer.cpp of yonghenglh6/DepthwiseConvolution
 */
export class DepthwiseConvolutionLayer extends ConvolutionLayer {
  static override readonly facts: LayerFacts = {
    type: 'DepthwiseConvolution',
    origin: 'MobileNet',
    family: 'weights',
    doc: 'Convolution of each channel on its own. Write num_output and group, both the number of channels.',
    bottoms: ['x', '...more'],
    tops: ['y', '...more'],
    params: ['convolution_param'],
    blobs: CONVOLUTION_BLOBS,
    weights: (param) => convolutionWeights(param, false),
    biasTerm: { param: 'convolution_param', byDefault: true },
    drawn: convolutionSettings,
  };
}
