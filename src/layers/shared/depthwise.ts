/**
 * The bytes of scratch memory that the kernels of assembly/depthwise.ts need.
 */
import type { Geometry } from './window.js';

function roundUp4(n: number): number {
  return Math.ceil(n / 4) * 4;
}

/** Bytes of scratch for f32_depthwise__simd: an offset for each kernel position, then the padded channel. */
export function depthwiseScratch({ axes, kernelCount }: Geometry): number {
  const [y, x] = axes as [Geometry['axes'][number], Geometry['axes'][number]];
  const rows = (y.output - 1) * y.stride + (y.kernel - 1) * y.dilation + 1;
  const columns = roundUp4(x.output) + Math.floor(((x.kernel - 1) * x.dilation) / x.stride);
  return 4 * (kernelCount + rows * x.stride * columns);
}

/**
 * Bytes of scratch for f32_depthwise_transposed__simd: lists of kernel columns and rows, a result row in parts, then the
 * padded channel.
 */
export function depthwiseTransposedScratch({ axes }: Geometry): number {
  const [y, x] = axes as [Geometry['axes'][number], Geometry['axes'][number]];
  const part = roundUp4(Math.ceil(x.image / x.stride));
  const left = Math.max(0, -Math.floor((x.pad - (x.kernel - 1) * x.dilation) / x.stride));
  const right = Math.floor((x.stride - 1 + x.pad) / x.stride);
  const columns = left + Math.max(x.output, part + right);
  const lists = 2 * y.kernel + x.stride * (1 + 2 * x.kernel);
  return 4 * (lists + x.stride * part + y.output * columns);
}
