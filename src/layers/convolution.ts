/** Convolution, of any number of axes, grouped or not. */
import { depthwiseScratch } from './shared/depthwise.js';
import { applyEpilogue, type ConvolutionCall, type Epilogue } from './shared/epilogue.js';
import { multiply, multiplyScratch, project, projectScratch } from './shared/gemm.js';
import type { Blob } from '../engine/blob.js';
import {
  BaseConvolutionLayer,
  CONVOLUTION_BLOBS,
  convolutionSettings,
  convolutionWeights,
  type Call,
} from './shared/base-convolution.js';
import { parallelFor } from '../engine/parallel-for.js';
import type { RowEpilogue } from './shared/task.js';
import { suitsWinograd, winograd, winogradScratch } from './shared/winograd.js';
import { geometryOf, outputSize, type Geometry, type WindowAxis } from './shared/window.js';
import type { LayerFacts } from './facts.js';

/**
 * With at most so many outputs per channel, channels are convolved one by one. A matrix product computes four rows
 * at once.
 */
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
  static override readonly facts: LayerFacts = {
    type: 'Convolution',
    origin: 'BVLC',
    family: 'weights',
    doc: 'Convolution with learned filters. Several bottoms share the filters and give one top each.',
    bottoms: ['x', '...more'],
    tops: ['y', '...more'],
    params: ['convolution_param'],
    blobs: CONVOLUTION_BLOBS,
    weights: (param) => convolutionWeights(param, false),
    biasTerm: { param: 'convolution_param', byDefault: true },
    drawn: convolutionSettings,
  };

  /** The epilogue of the current forward pass, as addresses, with the bias. */
  #epilogue: RowEpilogue = {};

  /**
   * Applies the weights to several bottoms, whose batches and spatial sizes may differ, and the epilogue to each result.
   * Sets the tops' shapes too: it is called instead of `reshape` and `forward`.
   */
  forwardFused(calls: readonly ConvolutionCall[], epilogue: Epilogue): void {
    for (const { bottom, top } of calls) this.reshape([bottom], [top]);
    const given = calls.flatMap((call) => this.callOf(call));
    if (!given.some(({ geometry }) => this.#isProjection(geometry) || this.#isDepthwise(geometry))) {
      this.#epilogue = this.#withBias(epilogue);
      this.compute(given);
      return;
    }
    // The kernels for these have no epilogue but the bias.
    this.#epilogue = { shift: this.#bias };
    this.compute(given.map((call) => ({ ...call, residual: 0 })));
    for (const call of calls) {
      const channels = this.outputs;
      applyEpilogue(this.context.arena, call, epilogue, {
        channels,
        inner: call.top.countOf(call.top.canonicalAxis(this.options.axis) + 1),
      });
    }
  }

  override forward(bottom: readonly Blob[], top: readonly Blob[]): void {
    this.#epilogue = { shift: this.#bias };
    super.forward(bottom, top);
  }

  get #bias(): number {
    return this.blobs[1]?.ptr ?? 0;
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

  get #outputsPerGroup(): number {
    return this.outputs / this.group;
  }

  get #channelsPerGroup(): number {
    return this.channels / this.group;
  }

  /** Whether each result depends on one channel, and few results on the same one. */
  #isDepthwise({ axes }: Geometry): boolean {
    return this.channels === this.group && this.#outputsPerGroup <= MAX_DEPTHWISE && axes.length === 2;
  }

  /** Whether the kernel covers the image exactly, so that the layer is an inner product of the whole batch. */
  #isProjection({ isCovered }: Geometry): boolean {
    return isCovered && this.group === 1;
  }

  protected override compute(calls: readonly Call[]): void {
    const { arena, algorithm } = this.context;
    const weights = this.blobs[0]!.ptr;
    const [channels, outputs] = [this.#channelsPerGroup, this.#outputsPerGroup];
    if (
      algorithm === 'auto' &&
      this.group === 1 &&
      calls.length > 0 &&
      calls.every(({ geometry }) => !geometry.isCovered && suitsWinograd(geometry, channels, outputs))
    ) {
      const scratch = this.context.scratch(winogradScratch(arena, calls, channels, outputs));
      winograd(arena, scratch, calls, { weights, channels, outputs, epilogue: this.#epilogue });
      return;
    }
    for (const call of calls) {
      if (this.#isProjection(call.geometry)) this.#project(call, weights);
      else if (this.#isDepthwise(call.geometry)) this.#convolveChannels(call, weights);
      else this.#multiply(call, weights);
    }
  }

  #project({ x, y, batch, geometry }: Call, w: number): void {
    const { arena } = this.context;
    const [n, k] = [this.outputs, this.channels * geometry.kernelCount];
    const scratch = this.context.scratch(projectScratch(arena, { batch, n, k }));
    project(arena, scratch, { x, y, w, bias: this.#bias, batch, n, k });
  }

  #convolveChannels({ x, y, batch, geometry }: Call, weights: number): void {
    const { arena } = this.context;
    const scratchBytes = depthwiseScratch(geometry);
    const at = this.scratchAfter(geometry, scratchBytes * arena.threads);
    const cost = geometry.outputCount * geometry.kernelCount;
    for (let image = 0; image < batch; image++)
      parallelFor(
        arena,
        'f32_depthwise__simd',
        [
          y + image * this.outputs * geometry.outputCount * 4,
          x + image * this.channels * geometry.imageCount * 4,
          ...([weights, this.#bias, at.geometry, at.scratch, this.#outputsPerGroup] as const),
        ],
        this.outputs,
        { cost, scratchBytes },
      );
  }

  #multiply({ x, y, residual, batch, geometry }: Call, weights: number): void {
    const { arena } = this.context;
    const { imageCount, kernelCount, outputCount: n } = geometry;
    const [m, k] = [this.#outputsPerGroup, this.#channelsPerGroup * kernelCount];
    const bytes = multiplyScratch(arena, m, n, k);
    // Where the image is the column matrix, nobody reads the geometry.
    const at = geometry.isPointwise
      ? { geometry: 0, scratch: this.context.scratch(bytes) }
      : this.scratchAfter(geometry, bytes);
    const { scale = 0, shift = 0, slope } = this.#epilogue;
    for (let image = 0; image < batch; image++)
      for (let g = 0; g < this.group; g++) {
        const from = x + (image * this.channels + g * this.#channelsPerGroup) * imageCount * 4;
        const to = (image * this.outputs + g * m) * n * 4;
        const rows = g * m * 4;
        // Many nets are small, and this is most of what their layers cost: one object without copies.
        multiply(arena, at.scratch, {
          c: y + to,
          ldc: n * 4,
          a: weights + rows * k,
          lda: k * 4,
          m,
          n,
          k,
          b: geometry.isPointwise
            ? { kind: 'rows', from, lds: n * 4 }
            : { kind: 'columns', from, geometry: at.geometry },
          epilogue: {
            scale: scale && scale + rows,
            shift: shift && shift + rows,
            residual: residual && residual + to,
            slope,
          },
        });
      }
  }

  /** The epilogue of results without bias that is `epilogue` of results with it. */
  #withBias({ scale, shift, slope }: Epilogue): RowEpilogue {
    const bias = this.blobs[1];
    if (!bias || (!scale && !shift)) return { scale: scale?.ptr, shift: (shift ?? bias)?.ptr, slope };
    const sum = (this.#shift ??= this.context.createBlob([this.outputs]));
    const ptr = sum.ptr;
    const [factors, terms] = [scale?.peek(), shift?.peek()];
    sum.peek().set(bias.peek().map((b, c) => (factors?.[c] ?? 1) * b + (terms?.[c] ?? 0)));
    return { scale: scale?.ptr, shift: ptr, slope };
  }

  /** Holds scale · bias + shift, where there are both. */
  #shift: Blob | undefined;
}
