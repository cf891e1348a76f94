/**
 * Frozen batch normalization as a Scale layer: y = (x − mean) / sqrt(var + eps) · weight + bias is
 * y = x · scale + shift with two vectors. Calculated in float64 and rounded once.
 */
import type { NumericArray } from '../source.js';
import type { Recipe } from './map.js';
import { PYTORCH_NAMES, type TensorNames } from './tensor-names.js';

/** The four vectors of a normalization; an absent mean is 0, an absent variance 1. */
export interface BatchNormVectors {
  weight: NumericArray;
  bias: NumericArray;
  runningMean?: NumericArray;
  runningVar?: NumericArray;
}

/**
 * Scale and shift of a frozen batch normalization.
 * @param eps added to the variance where there is one: 0 in maskrcnn_benchmark's FrozenBatchNorm2d, 1e-5 in
 * torch.nn.BatchNorm2d
 */
export function foldBatchNorm(
  { weight, bias, runningMean, runningVar }: BatchNormVectors,
  eps = 0,
): { scale: Float32Array; bias: Float32Array } {
  const scale = Float64Array.from(weight);
  if (runningVar) for (let i = 0; i < scale.length; i++) scale[i]! /= Math.sqrt(runningVar[i]! + eps);
  const shift = Float32Array.from(bias);
  if (runningMean) for (let i = 0; i < shift.length; i++) shift[i] = bias[i]! - runningMean[i]! * scale[i]!;
  return { scale: Float32Array.from(scale), bias: shift };
}

/** How a Scale layer's blob `index` (0 scale, 1 bias) comes from the tensors of the normalization called `module`. */
export function frozenBatchNormRecipe(
  module: string,
  index: 0 | 1,
  eps: number,
  { names = PYTORCH_NAMES, separator = '_' }: { names?: TensorNames; separator?: string } = {},
): Recipe {
  const tensor = (name: string, optional = false) => ({
    name: module === '' ? name : module + separator + name,
    ...(optional && { optional }),
  });
  const weight = tensor(names.scale);
  const bias = tensor(names.shift);
  const mean = tensor(names.mean, true);
  const variance = tensor(names.variance, true);
  const root = eps === 0 ? `sqrt(${names.variance})` : `sqrt(${names.variance} + ${eps})`;
  if (index === 0)
    return {
      inputs: [weight, variance],
      operation: `${names.scale} / ${root}`,
      compute: ([w, v]) => foldBatchNorm({ weight: w!, bias: w!, runningVar: v }, eps).scale,
    };
  return {
    inputs: [bias, weight, mean, variance],
    operation: `${names.shift} − ${names.mean} · ${names.scale} / ${root}`,
    compute: ([b, w, m, v]) => foldBatchNorm({ weight: w!, bias: b!, runningMean: m, runningVar: v }, eps).bias,
  };
}
