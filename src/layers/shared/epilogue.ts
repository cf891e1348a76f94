/**
 * Epilogue: what a convolution does to its results before it writes them. It replaces Scale, BatchNorm, Eltwise and
 * ReLU layers, which would read and write all results again.
 */
import type { Blob } from '../../engine/blob.js';
import type { Arena } from '../../engine/arena.js';
import { parallelFor } from '../../engine/parallel-for.js';

/**
 * y = act(scale[c] · (Σ + bias[c]) + shift[c] + residual), where Σ + bias is the convolution's own result, c the channel,
 * and act a ReLU with negative slope `slope`. What is absent is left out.
 */
export interface Epilogue {
  /** One factor for each channel of the top. */
  scale?: Blob;
  /** One term for each channel of the top. */
  shift?: Blob;
  /** If given, values below 0 are multiplied by it: 0 for a plain ReLU. */
  slope?: number;
}

/** One use of a convolution's weights. */
export interface ConvolutionCall {
  bottom: Blob;
  /** Shares memory neither with the bottom nor with the residual. */
  top: Blob;
  /** Added to the result; the shape of the top. */
  residual?: Blob;
}

/**
 * Applies an epilogue to a top that holds the convolution's results.
 * @param channels of the top
 * @param inner elements of one channel of one image
 */
export function applyEpilogue(
  arena: Arena,
  { top, residual }: ConvolutionCall,
  { scale, shift, slope }: Epilogue,
  { channels, inner }: { channels: number; inner: number },
): void {
  const n = top.count;
  const y = top.ptr;
  if (scale || shift) {
    const [factors, terms] = [scale?.ptr ?? 0, shift?.ptr ?? 0];
    if (inner === 1)
      parallelFor(arena, 'f32_scale_columns__simd', [y, y, factors, terms, channels], n / channels, { cost: channels });
    else
      parallelFor(arena, 'f32_scale_rows__simd', [y, y, factors, terms, channels, inner], n / inner, { cost: inner });
  }
  if (residual) parallelFor(arena, 'f32_sum__simd', [y, y, 1, residual.ptr, 1], n);
  if (slope !== undefined) parallelFor(arena, 'f32_relu__simd', [y, y, slope], n);
}
