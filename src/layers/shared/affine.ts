/**
 * affine: a factor and an offset for each channel, which is what BatchNorm, Scale and Bias amount to in inference. In
 * float64, so that what is made of several is rounded once.
 */

import { product, sameShape } from '../../shapes.js';

/** y = factor · x + offset, for each channel. */
export interface Affine {
  readonly factor: Float64Array;
  readonly offset: Float64Array;
}

/** A normalization's numbers, one for each channel. What is absent changes nothing. */
export interface Normalization {
  readonly mean?: ArrayLike<number>;
  /** What values are divided by: see {@link deviationOf}. */
  readonly deviation?: ArrayLike<number>;
  readonly weight?: ArrayLike<number>;
  readonly bias?: ArrayLike<number>;
}

export function identityAffine(channels: number): Affine {
  return { factor: new Float64Array(channels).fill(1), offset: new Float64Array(channels) };
}

/** `second` after `first`. */
export function compose(first: Affine, second: Affine): Affine {
  return {
    factor: first.factor.map((f, c) => f * second.factor[c]!),
    offset: first.offset.map((o, c) => o * second.factor[c]! + second.offset[c]!),
  };
}

export function equalAffine(a: Affine, b: Affine): boolean {
  const equal = (x: Float64Array, y: Float64Array): boolean =>
    x.length === y.length && x.every((v, i) => Object.is(v, y[i]));
  return equal(a.factor, b.factor) && equal(a.offset, b.offset);
}

/**
 * How a blob that lies over the axes of a bottom from `first` on meets the channels along `axis`: one value for all, one for each,
 * or in another way.
 */
export function spanOfChannels(
  shape: readonly number[],
  first: number,
  axis: number,
  channels: number,
): 'one' | 'each' | undefined {
  if (product(shape) === 1) return 'one';
  const ones = shape.map((_, i) => (i === axis - first ? channels : 1));
  return sameShape(shape, ones) ? 'each' : undefined;
}

/** The square root of each variance and `eps`. */
export function deviationOf(variance: ArrayLike<number>, eps: number): Float64Array {
  return Float64Array.from(variance, (value) => Math.sqrt(value + eps));
}

/** A normalization, (x − mean) / deviation · weight + bias, as a factor and an offset. */
export function normalizationAffine(channels: number, { mean, deviation, weight, bias }: Normalization): Affine {
  const factor = Float64Array.from({ length: channels }, (_, c) => {
    const value = weight ? weight[c]! : 1;
    return deviation ? value / deviation[c]! : value;
  });
  const offset = factor.map((f, c) => (bias ? bias[c]! : 0) - (mean ? mean[c]! * f : 0));
  return { factor, offset };
}
