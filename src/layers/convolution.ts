/** Convolution, of any number of axes, grouped or not. */
import { depthwiseScratch } from './depthwise.js';
import { applyEpilogue, type ConvolutionCall, type Epilogue } from './epilogue.js';
import { multiply, multiplyScratch, packedColumns, project, projectScratch, type Projection } from './gemm.js';
import { BaseConvolutionLayer, type Task } from './base-convolution.js';
import { geometryOf, outputSize, type Geometry, type WindowAxis } from './window.js';

/** Results per channel up to which channels are convolved one by one: a matrix product computes four rows at once. */
const MAX_DEPTHWISE = 3;

/**
 * Convolution (really correlation: kernels are not flipped).
 *
 * @formula y[n, o, p] = bias[o] + Σ over channels c of o's group and kernel positions k of
 *   weight[o, c, k] · x[n, c, p · stride − pad + k · dilation], x being 0 outside the image
 * @bottoms one or more, all of one shape: any axes, channels at `axis` (1), spatial axes after it; all get the same
 *   weights
 * @tops as many, with `num_output` channels and `⌊(size + 2 pad − (dilation (kernel − 1) + 1)) / stride⌋ + 1` along each
 *   spatial axis
 * @params weight (num_output, channels / group, kernel…); bias (num_output) unless `bias_term` is false
 * @fields `kernel_size`, `stride`, `pad` once or for each axis, or `_h` and `_w` for two axes; `dilation` once or for each
 *   axis; `group` divides channels and outputs into parts that are convolved apart. `engine` and `force_nd_im2col`
 *   change nothing here
 * @source Caffe's base_conv_layer.cpp and conv_layer.cpp
 */
export class ConvolutionLayer extends BaseConvolutionLayer {
  /**
   * Applies the weights to several bottoms, whose batches and spatial sizes may differ, and the epilogue to each result.
   * Sets the tops' shapes; instead of `reshape` and `forward`.
   */
  forwardFused(calls: readonly ConvolutionCall[], epilogue: Epilogue): void {
    for (const call of calls) {
      this.reshape([call.bottom], [call.top]);
      this.forward([call.bottom], [call.top]);
      const { outputCount: inner } = this.geometry;
      applyEpilogue(this.context.arena.kernels, call, epilogue, { channels: this.outputs, inner });
    }
  }

  protected override weightShape(): [number, number] {
    return [this.outputs, this.channels / this.group];
  }

  protected override topSize(size: number, axis: WindowAxis): number {
    return outputSize(size, axis);
  }

  protected override geometryFor(window: readonly WindowAxis[], bottom: number[], top: number[]): Geometry {
    return geometryOf(window, bottom, top);
  }

  /** Rows of the weights' matrix and of the column matrix, for one group. */
  get #outputsPerGroup(): number {
    return this.outputs / this.group;
  }
  get #rows(): number {
    return (this.channels / this.group) * this.geometry.kernelCount;
  }

  /** Whether each result depends on one channel, and few results on the same one. */
  get #isDepthwise(): boolean {
    return this.channels === this.group && this.#outputsPerGroup <= MAX_DEPTHWISE && this.geometry.axes.length === 2;
  }

  /** Whether the column matrix is the image itself. */
  get #isPointwise(): boolean {
    return this.geometry.axes.every(({ kernel, stride, pad }) => kernel === 1 && stride === 1 && pad === 0);
  }

  /** Whether the kernel covers the image exactly, so that the layer is an inner product of the whole batch. */
  get #isProjection(): boolean {
    const isCovered = this.geometry.axes.every(
      ({ image, kernel, pad, dilation }) => image === kernel && pad === 0 && (dilation === 1 || kernel === 1),
    );
    return isCovered && this.group === 1;
  }

  #projection(batch: number): Pick<Projection, 'batch' | 'n' | 'k'> {
    return { batch, n: this.outputs, k: this.#rows };
  }

  protected override scratchBytes(batch: number): number {
    if (this.#isDepthwise) return depthwiseScratch(this.geometry);
    if (this.#isProjection) return projectScratch(this.#projection(batch));
    const n = this.geometry.outputCount;
    return multiplyScratch(n, this.#rows) + packedColumns(n) * 4 + 16;
  }

  protected override compute({ x, y, weights, bias }: Task, batch: number, geometry: number, scratch: number): void {
    const { kernels } = this.context.arena;
    const { imageCount, outputCount: n } = this.geometry;
    const [m, k] = [this.#outputsPerGroup, this.#rows];
    if (this.#isProjection) {
      project(kernels, scratch, { x, y, w: weights, bias, ...this.#projection(batch) });
      return;
    }
    for (let image = 0; image < batch; image++, x += this.channels * imageCount * 4, y += this.outputs * n * 4) {
      if (this.#isDepthwise) {
        kernels.f32_depthwise__simd(y, x, weights, bias, geometry, scratch, m, 0, this.outputs);
        continue;
      }
      for (let g = 0; g < this.group; g++) {
        const from = x + ((g * this.channels) / this.group) * imageCount * 4;
        multiply(kernels, scratch, {
          ...{ c: y + g * m * n * 4, ldc: n * 4, a: weights + g * m * k * 4, lda: k * 4, m, n, k },
          bias: bias && bias + g * m * 4,
          pack: this.#isPointwise
            ? (to, ldb, k0, k1, n0, n1) => {
                kernels.f32_pack_panels_8__simd(to, ldb, from + (k0 * n + n0) * 4, n * 4, k1 - k0, n1 - n0);
              }
            : (to, ldb, k0, k1, n0, n1) => {
                const row = scratch + multiplyScratch(n, k);
                kernels.f32_pack_im2col_8__simd(to, ldb, from, geometry, row, n0, n1, k0, k1);
              },
        });
      }
    }
  }
}
