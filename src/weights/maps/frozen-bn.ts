/**
 * Frozen batch normalization as a factor and an offset per channel: y = (x − mean) / sqrt(var + eps) · weight + bias is
 * y = x · scale + shift. For a Scale layer, or folded into the layer before. Calculated in float64 and rounded once.
 */
import { deviationOf, normalizationAffine, type Affine } from '../../layers/shared/affine.js';
import type { NumericArray } from '../source.js';
import type { Recipe, RecipeInput } from './map.js';
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
  const vectors = { scale: weight, shift: bias, mean: runningMean, variance: runningVar };
  const { factor, offset } = affineOfVectors(vectors, eps);
  return { scale: Float32Array.from(factor), bias: Float32Array.from(offset) };
}

/** Vectors of a normalization, as far as there are any: scale and variance are 1 where they lack, shift and mean 0. */
export interface Vectors {
  scale?: NumericArray;
  shift?: NumericArray;
  mean?: NumericArray;
  variance?: NumericArray;
}

/** Which tensors make a normalization. */
export interface Normalization {
  /** The module with scale and shift. */
  readonly module: string;
  /** The module with mean and variance, where it is another: a caffemodel has them in a layer of its own. */
  readonly statistics?: string;
  readonly eps: number;
  readonly names?: TensorNames;
  /** Between a module's name and a tensor's. @default '_' */
  readonly separator?: string;
}

type Role = keyof Vectors;

/** One way to have the vectors: which are there, and what the result is called. */
export interface NormalizationForm extends Pick<Recipe, 'fallback' | 'without' | 'remark'> {
  /** The tensor of a role; undefined where this form does without it. */
  input(role: Role): RecipeInput | undefined;
  /** `weight / sqrt(running_var + 0.00001)` */
  readonly factor: string;
  /** What is added after the mean times the factor is taken off; empty where there is nothing. */
  readonly shift: string;
  readonly mean: string;
}

/**
 * The ways to have a normalization, the likeliest first: with scale and shift; without them (`affine=False`), or, where
 * they have names of their own, without one of them, where mean and variance say that there is a normalization.
 */
export function normalizationForms(normalization: Normalization): NormalizationForm[] {
  const { eps, names = PYTORCH_NAMES, separator = '_' } = normalization;
  const { module, statistics = module } = normalization;
  const nameOf = (role: Role): string => {
    const owner = role === 'mean' || role === 'variance' ? statistics : module;
    return owner === '' ? names[role] : owner + separator + names[role];
  };
  const root = eps === 0 ? `sqrt(${names.variance})` : `sqrt(${names.variance} + ${eps})`;
  const form = (lacks: readonly Role[]): NormalizationForm => {
    const isStatistic = (role: Role) => role === 'mean' || role === 'variance';
    return {
      ...(lacks.length > 0 && { fallback: true, without: lacks.map(nameOf), remark: lackRemark(lacks, names) }),
      input: (role) =>
        lacks.includes(role)
          ? undefined
          : { name: nameOf(role), role, ...(lacks.length === 0 && isStatistic(role) && { optional: true }) },
      factor: `${lacks.includes('scale') ? '1' : names.scale} / ${root}`,
      shift: lacks.includes('shift') ? '' : names.shift,
      mean: names.mean,
    };
  };
  return [form([]), ...lackable(names).map(form)];
}

/** What of scale and shift a normalization may do without. PyTorch has both or neither, and a file that lacks one lost it. */
export function lackable(names: TensorNames): ('scale' | 'shift')[][] {
  const both: ('scale' | 'shift')[] = ['scale', 'shift'];
  return names.scale === names.weight ? [both] : [['scale'], ['shift'], both];
}

/** What a report says of normalizations without scale or shift. */
export function lackRemark(lacks: readonly Role[], names: TensorNames): string {
  const taken = lacks.map((role) => (role === 'scale' ? '1' : '0')).join(' and ');
  return `without ${lacks.map((role) => names[role as 'scale']).join(' and ')} in the source: taken as ${taken}`;
}

/** The recipes of a Scale layer's blob `index` (0 scale, 1 bias), which holds a whole normalization. */
export function frozenBatchNormRecipes(normalization: Normalization, index: 0 | 1): Recipe[] {
  const { eps } = normalization;
  return normalizationForms(normalization).map((form): Recipe => {
    const { factor, shift, mean } = form;
    const roles: readonly Role[] = index === 0 ? ['scale', 'variance'] : ['shift', 'scale', 'mean', 'variance'];
    const { inputs, vectorsOf } = inputsOf(form, roles);
    return {
      inputs,
      eps,
      ...exceptional(form),
      operation: index === 0 ? factor : `${shift} − ${mean} · ${factor}`.trim(),
      compute: (values) => {
        const { factor, offset } = affineOfVectors(vectorsOf(values), eps);
        return Float32Array.from(index === 0 ? factor : offset);
      },
    };
  });
}

/** How a Scale layer's blob `index` (0 scale, 1 bias) comes from the tensors of the normalization called `module`. */
export function frozenBatchNormRecipe(
  module: string,
  index: 0 | 1,
  eps: number,
  { names, separator }: { names?: TensorNames; separator?: string } = {},
): Recipe {
  return frozenBatchNormRecipes({ module, eps, names, separator }, index)[0]!;
}

/** What a recipe takes over from its form. */
export function exceptional({ fallback, without, remark }: NormalizationForm): Partial<Recipe> {
  return { ...(fallback && { fallback, without, remark }) };
}

/** The tensors of the roles that a form has, in this order, and what finds each role's values among theirs. */
export function inputsOf(
  form: NormalizationForm,
  roles: readonly Role[],
): { inputs: RecipeInput[]; vectorsOf: (values: readonly (NumericArray | undefined)[]) => Vectors } {
  const present = roles.flatMap((role) => {
    const input = form.input(role);
    return input ? [{ role, input }] : [];
  });
  return {
    inputs: present.map(({ input }) => input),
    vectorsOf: (values) => Object.fromEntries(present.map(({ role }, i) => [role, values[i]])),
  };
}

/** The normalization as a factor and an offset for each channel. */
export function affineOfVectors({ scale, variance, mean, shift }: Vectors, eps: number): Affine {
  const { length } = scale ?? variance ?? mean ?? shift ?? [];
  const deviation = variance && deviationOf(variance, eps);
  return normalizationAffine(length, { weight: scale, bias: shift, mean, deviation });
}
