/** ConvolutionDepthwise: a convolution of each channel on its own, whatever num_output and group say. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { CONVOLUTION_BLOBS, convolutionSettings, convolutionWeights } from './shared/base-convolution.js';
import { ConvolutionLayer } from './convolution.js';
import type { LayerFacts } from './facts.js';

/**
 * Convolution of each channel on its own.
 *
 * @formula y[n, c, p, q] = bias[c] + Σ over kernel positions of weight[c, 0, i, j] · x[n, c, p · stride − pad + i · dilation, …]
 * @bottoms x, (N, C, H, W)
 * @tops y, (N, C, …), the spatial axes as Convolution's
 * @params weight (C, 1, kernel_h, kernel_w); bias (C) unless `bias_term` is false
 * @fields those of Convolution; `num_output` and `group` are ignored
 * @notes `stride` and `pad` must be written: the fork reads them without a default
 * @source conv_dw_layer.cpp of farmingyard/caffe-mobilenet
 */
export class ConvolutionDepthwiseLayer extends ConvolutionLayer {
  static override readonly facts: LayerFacts = {
    type: 'ConvolutionDepthwise',
    origin: 'MobileNet',
    family: 'weights',
    doc: 'Convolution of each channel on its own; num_output and group are ignored.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['convolution_param'],
    blobs: CONVOLUTION_BLOBS,
    weights: (param) => ({
      ...convolutionWeights(param, false),
      groups: resolve('ConvolutionParameter', param.convolution_param).num_output,
    }),
    biasTerm: { param: 'convolution_param', byDefault: true },
    drawn: convolutionSettings,
  };

  protected override get outputs(): number {
    return this.channels;
  }

  protected override get group(): number {
    return this.channels;
  }

  override setUp(bottom: readonly Blob[]): void {
    const [x] = bottom;
    this.check(x!.numAxes === 4, () => `expected (N, C, H, W), bottom[0] is ${shapeString(x!.shape)}`);
    const { stride, stride_h, pad, pad_h } = this.param.convolution_param ?? {};
    for (const [name, given] of [
      ['stride', stride?.[0] ?? stride_h],
      ['pad', pad?.[0] ?? pad_h],
    ] as const)
      this.check(
        given !== undefined,
        `${name} must be written: the fork has no default for it in this layer`,
        `write ${name}: ${name === 'stride' ? 1 : 0} where Convolution would take its default`,
        `convolution_param.${name}`,
      );
    super.setUp(bottom);
  }
}
