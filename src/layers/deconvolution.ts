/** Deconvolution, of any number of axes, grouped or not. */
import { BaseConvolutionLayer, type Task } from './base-convolution.js';
import { depthwiseTransposedScratch } from './depthwise.js';
import { multiply, multiplyScratch } from './gemm.js';
import { geometryOf, imageSize, type Geometry, type WindowAxis } from './window.js';

/** Bounds the piece of the column matrix, and of the transposed weights, that exists at a time. */
const PIECE_BYTES = 8 * 1024 * 1024;

/**
 * Deconvolution (transposed convolution): every input value adds a copy of the kernel, times itself, to the output; what
 * Convolution does to gradients.
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

  /** Whether each result depends on one channel. */
  get #isDepthwise(): boolean {
    return this.channels === this.group && this.geometry.axes.length === 2;
  }

  /** Outputs whose column-matrix rows are computed at a time, and the bytes that takes. */
  get #piece(): { outputs: number; weightBytes: number; columnBytes: number } {
    const { kernelCount, outputCount } = this.geometry;
    const depth = this.channels / this.group;
    const bytes = kernelCount * Math.max(outputCount, depth, 1) * 4;
    const outputs = Math.min(this.#outputsPerGroup, Math.max(1, Math.floor(PIECE_BYTES / bytes)));
    const rows = outputs * kernelCount;
    return { outputs, weightBytes: rows * depth * 4, columnBytes: rows * outputCount * 4 };
  }

  protected override scratchBytes(): number {
    if (this.#isDepthwise) return depthwiseTransposedScratch(this.geometry);
    const { weightBytes, columnBytes } = this.#piece;
    return multiplyScratch(this.geometry.outputCount, this.channels / this.group) + weightBytes + columnBytes;
  }

  protected override compute({ x, y, weights, bias }: Task, batch: number, geometry: number, scratch: number): void {
    const { kernels } = this.context.arena;
    const { imageCount, outputCount: n, kernelCount } = this.geometry;
    const perGroup = this.#outputsPerGroup;
    if (this.#isDepthwise) {
      for (let image = 0; image < batch; image++, x += this.channels * n * 4, y += this.outputs * imageCount * 4)
        kernels.f32_depthwise_transposed__simd(y, x, weights, bias, geometry, scratch, perGroup, 0, this.outputs);
      return;
    }
    const piece = this.#piece;
    const k = this.channels / this.group;
    const transposed = scratch + multiplyScratch(n, k);
    const columns = transposed + piece.weightBytes;
    for (let image = 0; image < batch; image++, x += this.channels * n * 4, y += this.outputs * imageCount * 4) {
      kernels.f32_fill_rows__simd(y, bias, imageCount, 0, this.outputs);
      for (let g = 0; g < this.group; g++) {
        const from = x + g * k * n * 4;
        const rowBytes = perGroup * kernelCount * 4;
        for (let o = 0; o < perGroup; o += piece.outputs) {
          const outputs = Math.min(piece.outputs, perGroup - o);
          const m = outputs * kernelCount;
          const part = weights + g * k * rowBytes + o * kernelCount * 4;
          kernels.f32_transpose_4x4__simd(transposed, k * 4, part, rowBytes, k, m);
          multiply(kernels, scratch, {
            ...{ c: columns, ldc: n * 4, a: transposed, lda: k * 4, m, n, k },
            pack: (to, ldb, k0, k1, n0, n1) => {
              kernels.f32_pack_panels_8__simd(to, ldb, from + (k0 * n + n0) * 4, n * 4, k1 - k0, n1 - n0);
            },
          });
          kernels.f32_col2im__simd(y + (g * perGroup + o) * imageCount * 4, columns, geometry, n, 0, outputs);
        }
      }
    }
  }
}
