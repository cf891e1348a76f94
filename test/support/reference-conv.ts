/**
 * Convolution, deconvolution and im2col in double precision, element by element from their definitions, for any number
 * of spatial axes.
 */
import { ROUNDING } from './close.js';
import { count } from './values.js';

export interface ReferenceWindow {
  kernel: readonly number[];
  stride: readonly number[];
  pad: readonly number[];
  dilation: readonly number[];
}

export interface ReferenceTask extends ReferenceWindow {
  /** Images; the bottom is (num, channels, …size). */
  num: number;
  channels: number;
  size: readonly number[];
  outputs: number;
  group: number;
  x: ArrayLike<number>;
  weights: ArrayLike<number>;
  bias?: ArrayLike<number>;
}

export interface Reference {
  /** Spatial size of the result. */
  size: number[];
  data: Float64Array;
  /** How far a float32 computation may be away from each element, in whatever order it sums. */
  tolerance: Float64Array;
}

/** Positions of the window along each axis; the division rounds towards 0, as in C. */
export function windowPositions(size: readonly number[], { kernel, stride, pad, dilation }: ReferenceWindow): number[] {
  return size.map((n, i) => Math.trunc((n + 2 * pad[i]! - (dilation[i]! * (kernel[i]! - 1) + 1)) / stride[i]!) + 1);
}

/** Size of the image that a deconvolution spreads `size` positions over. */
export function spreadSize(size: readonly number[], { kernel, stride, pad, dilation }: ReferenceWindow): number[] {
  return size.map((n, i) => stride[i]! * (n - 1) + dilation[i]! * (kernel[i]! - 1) + 1 - 2 * pad[i]!);
}

/** Every index of an array of this shape, last axis fastest. */
function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, n) => all.flatMap((index) => Array.from({ length: n }, (_, i) => [...index, i])),
    [[]],
  );
}

/** Offset in an image of the pixel that position p meets at kernel position k, or undefined in the padding. */
function pixel(
  size: readonly number[],
  p: readonly number[],
  k: readonly number[],
  { stride, pad, dilation }: ReferenceWindow,
): number | undefined {
  let offset = 0;
  for (let i = 0; i < size.length; i++) {
    const at = p[i]! * stride[i]! - pad[i]! + k[i]! * dilation[i]!;
    if (at < 0 || at >= size[i]!) return undefined;
    offset = offset * size[i]! + at;
  }
  return offset;
}

/** Adds products to elements, and bounds the error of doing the same in float32. */
class Sums {
  readonly data: Float64Array;
  readonly #magnitude: Float64Array;
  readonly #terms: Uint32Array;

  constructor(length: number) {
    this.data = new Float64Array(length);
    this.#magnitude = new Float64Array(length);
    this.#terms = new Uint32Array(length);
  }

  add(at: number, term: number): void {
    this.data[at]! += term;
    this.#magnitude[at]! += Math.abs(term);
    this.#terms[at]!++;
  }

  /**
   * n products are rounded, and then n - 1 sums at most in any order: each rounding changes the result by no more than
   * 2^-24 of the sum of the magnitudes, and of n of them none is larger than that to first order; 2 % for the rest.
   */
  get tolerance(): Float64Array {
    return this.#magnitude.map((sum, i) => 1.02 * (this.#terms[i]! + 1) * ROUNDING * sum);
  }
}

function addBias(sums: Sums, { num, outputs, bias }: ReferenceTask, plane: number): void {
  if (!bias) return;
  for (let i = 0; i < num * outputs * plane; i++) sums.add(i, bias[Math.floor(i / plane) % outputs]!);
}

export function convolutionReference(task: ReferenceTask): Reference {
  const { num, channels, size, outputs, group, x, weights, kernel } = task;
  const outSize = windowPositions(size, task);
  const [image, plane] = [count(size), count(outSize)];
  const sums = new Sums(num * outputs * plane);
  const depth = channels / group;
  const taps = indices(kernel);
  indices(outSize).forEach((p, at) => {
    taps.forEach((k, tap) => {
      const from = pixel(size, p, k, task);
      if (from === undefined) return;
      for (let n = 0; n < num; n++)
        for (let o = 0; o < outputs; o++)
          for (let c = 0; c < depth; c++) {
            const channel = Math.floor(o / (outputs / group)) * depth + c;
            const value = x[(n * channels + channel) * image + from]!;
            sums.add((n * outputs + o) * plane + at, weights[(o * depth + c) * taps.length + tap]! * value);
          }
    });
  });
  addBias(sums, task, plane);
  return { size: outSize, data: sums.data, tolerance: sums.tolerance };
}

export function deconvolutionReference(task: ReferenceTask): Reference {
  const { num, channels, size, outputs, group, x, weights, kernel } = task;
  const outSize = spreadSize(size, task);
  const [image, plane] = [count(size), count(outSize)];
  const sums = new Sums(num * outputs * plane);
  const perGroup = outputs / group;
  const taps = indices(kernel);
  indices(size).forEach((p, from) => {
    taps.forEach((k, tap) => {
      const at = pixel(outSize, p, k, task);
      if (at === undefined) return;
      for (let n = 0; n < num; n++)
        for (let c = 0; c < channels; c++)
          for (let o = 0; o < perGroup; o++) {
            const output = Math.floor(c / (channels / group)) * perGroup + o;
            const value = x[(n * channels + c) * image + from]!;
            sums.add((n * outputs + output) * plane + at, weights[(c * perGroup + o) * taps.length + tap]! * value);
          }
    });
  });
  addBias(sums, task, plane);
  return { size: outSize, data: sums.data, tolerance: sums.tolerance };
}

/** (num, channels · kernel positions, …positions). */
export function im2colReference({
  num,
  channels,
  size,
  x,
  ...window
}: Pick<ReferenceTask, 'num' | 'channels' | 'size' | 'x'> & ReferenceWindow): Float64Array {
  const image = count(size);
  const positions = indices(windowPositions(size, window));
  const taps = indices(window.kernel);
  const columns = new Float64Array(num * channels * taps.length * positions.length);
  let at = 0;
  for (let n = 0; n < num * channels; n++)
    for (const k of taps)
      for (const p of positions) {
        const from = pixel(size, p, k, window);
        columns[at++] = from === undefined ? 0 : x[n * image + from]!;
      }
  return columns;
}

/** y[n, o] = bias[o] + Σ weights[o, i] x[n, i]; weights as (length, outputs) when `transpose`. */
export function innerProductReference({
  batch,
  length,
  outputs,
  transpose,
  x,
  weights,
  bias,
}: {
  batch: number;
  length: number;
  outputs: number;
  transpose: boolean;
  x: ArrayLike<number>;
  weights: ArrayLike<number>;
  bias?: ArrayLike<number>;
}): Omit<Reference, 'size'> {
  const sums = new Sums(batch * outputs);
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < length; i++)
        sums.add(n * outputs + o, weights[transpose ? i * outputs + o : o * length + i]! * x[n * length + i]!);
      if (bias) sums.add(n * outputs + o, bias[o]!);
    }
  return { data: sums.data, tolerance: sums.tolerance };
}
