/** Deconvolution, of any number of axes, grouped or not. */
import { parallelFor } from '../engine/parallel-for.js';
import {
  BaseConvolutionLayer,
  CONVOLUTION_BLOBS,
  convolutionSettings,
  convolutionWeights,
  type Call,
} from './shared/base-convolution.js';
import { depthwiseTransposedScratch } from './shared/depthwise.js';
import { multiply, multiplyScratch } from './shared/gemm.js';
import { geometryOf, imageSize, type Geometry, type WindowAxis } from './shared/window.js';
import type { LayerFacts } from './facts.js';

/** Most bytes of the column matrix, and of the transposed weights, that exist at a time. */
const PIECE_BYTES = 8 * 1024 * 1024;

/**
 * Deconvolution (transposed convolution): each input value adds the kernel, times itself, to the output. Convolution
 * does this to gradients.
 *
 * @formula y[n, o, p · stride − pad + k · dilation] = bias[o] + Σ over channels c of o's group, positions p and kernel
 *   positions k of weight[c, o, k] · x[n, c, p]
 * @bottoms one or more, all of one shape: any axes, channels at `axis` (1), spatial axes after it; all get the same
 *   weights
 * @tops as many, with `num_output` channels and `stride (size − 1) + dilation (kernel − 1) + 1 − 2 pad` along each
 *   spatial axis
 * @params weight (channels, num_output / group, kernel…); bias (num_output) unless `bias_term` is false
 * @fields those of Convolution. Upsampling by a fixed kernel, channel by channel: `group` and `num_output` are both the
 *   number of channels
 * @source Caffe's base_conv_layer.cpp and deconv_layer.cpp
 */
export class DeconvolutionLayer extends BaseConvolutionLayer {
  static override readonly facts: LayerFacts = {
    type: 'Deconvolution',
    origin: 'BVLC',
    family: 'weights',
    doc: 'Transposed convolution, of which upsampling is a case. Without group every output channel sums all inputs.',
    bottoms: ['x', '...more'],
    tops: ['y', '...more'],
    params: ['convolution_param'],
    blobs: CONVOLUTION_BLOBS,
    weights: (param) => convolutionWeights(param, true),
    biasTerm: { param: 'convolution_param', byDefault: true },
    drawn: convolutionSettings,
  };

  protected override weightShape(): [number, number] {
    return [this.channels, this.outputs / this.group];
  }

  protected override topSize(size: number, axis: WindowAxis): number {
    return imageSize(size, axis);
  }

  protected override geometryFor(window: readonly WindowAxis[], bottom: number[], top: number[]): Geometry {
    return geometryOf(window, top, bottom);
  }

  get #outputsPerGroup(): number {
    return this.outputs / this.group;
  }

  /** How many outputs have their rows of the column matrix computed at a time, and the bytes that they take. */
  #piece({ kernelCount, outputCount }: Geometry): { outputs: number; weightBytes: number; columnBytes: number } {
    const depth = this.channels / this.group;
    const bytes = kernelCount * Math.max(outputCount, depth, 1) * 4;
    const outputs = Math.min(this.#outputsPerGroup, Math.max(1, Math.floor(PIECE_BYTES / bytes)));
    const rows = outputs * kernelCount;
    const roundUp = (n: number): number => Math.ceil(n / 64) * 64;
    return { outputs, weightBytes: roundUp(rows * depth * 4), columnBytes: rows * outputCount * 4 };
  }

  protected override compute(calls: readonly Call[]): void {
    for (const call of calls)
      if (this.channels === this.group && call.geometry.axes.length === 2) this.#convolveChannels(call);
      else this.#multiply(call);
  }

  /** Where each result depends on one channel. */
  #convolveChannels({ x, y, batch, geometry }: Call): void {
    const { arena } = this.context;
    const [weights, bias = 0] = this.blobs.map((blob) => blob.ptr) as [number, number?];
    const scratchBytes = depthwiseTransposedScratch(geometry);
    const at = this.scratchAfter(geometry, scratchBytes * arena.threads);
    const cost = geometry.outputCount * geometry.kernelCount;
    for (let image = 0; image < batch; image++)
      parallelFor(
        arena,
        'f32_depthwise_transposed__simd',
        [
          y + image * this.outputs * geometry.imageCount * 4,
          x + image * this.channels * geometry.outputCount * 4,
          ...([weights, bias, at.geometry, at.scratch, this.#outputsPerGroup] as const),
        ],
        this.outputs,
        { cost, scratchBytes },
      );
  }

  #multiply({ x, y, batch, geometry }: Call): void {
    const { arena } = this.context;
    const { kernels } = arena;
    const [weights, bias = 0] = this.blobs.map((blob) => blob.ptr) as [number, number?];
    const { imageCount, outputCount: n, kernelCount } = geometry;
    const perGroup = this.#outputsPerGroup;
    const piece = this.#piece(geometry);
    const k = this.channels / this.group;
    const productBytes = Math.ceil(multiplyScratch(arena, piece.outputs * kernelCount, n, k) / 64) * 64;
    const at = this.scratchAfter(geometry, productBytes + piece.weightBytes + piece.columnBytes);
    const transposed = at.scratch + productBytes;
    const columns = transposed + piece.weightBytes;
    for (let image = 0; image < batch; image++, x += this.channels * n * 4, y += this.outputs * imageCount * 4) {
      parallelFor(arena, 'f32_fill_rows__simd', [y, bias, imageCount], this.outputs, { cost: imageCount });
      for (let g = 0; g < this.group; g++) {
        const from = x + g * k * n * 4;
        const rowBytes = perGroup * kernelCount * 4;
        for (let o = 0; o < perGroup; o += piece.outputs) {
          const outputs = Math.min(piece.outputs, perGroup - o);
          const m = outputs * kernelCount;
          const part = weights + g * k * rowBytes + o * kernelCount * 4;
          kernels.f32_transpose_4x4__simd(transposed, k * 4, part, rowBytes, k, m);
          multiply(arena, at.scratch, {
            ...{ c: columns, ldc: n * 4, a: transposed, lda: k * 4, m, n, k },
            b: { kind: 'rows', from, lds: n * 4 },
          });
          const to = y + (g * perGroup + o) * imageCount * 4;
          parallelFor(arena, 'f32_col2im__simd', [to, columns, at.geometry, n], outputs, { cost: kernelCount * n });
        }
      }
    }
  }
}
