/**
 * What a layer's blobs take from a module of the model: its weight and bias as they are, or what a normalization's four
 * vectors make of them. Which it is depends on the layer's type and on what stands before it.
 */
import { NetspecError } from '../../errors.js';
import { resolve } from '../../proto/message.js';
import { sameShape } from '../../shapes.js';
import type { NumericArray } from '../source.js';
import { frozenBatchNormRecipe } from './frozen-bn.js';
import type { ParamBlob, Recipe, RecipeInput } from './map.js';
import { constantRecipe, copyOf } from './map.js';
import { PYTORCH_NAMES, type TensorNames } from './tensor-names.js';
import { applyAll, parseTransform, shapeAfter } from './transforms.js';

/** How a module's tensors are taken. */
export interface ModuleOptions {
  /** Added to the variance where a normalization is folded. */
  readonly eps: number;
  readonly names?: TensorNames;
  /** Between a module's name and a tensor's. @default '_' */
  readonly separator?: string;
  /** Whether a Scale layer holds a whole normalization. @default unless a BatchNorm layer stands before it */
  readonly fold?: boolean;
  /** The normalization behind this module, to be folded into the layer's weight and bias. */
  readonly batchNorm?: string;
}

/**
 * The recipes of one blob.
 * @throws NetspecError when a normalization is to be folded into a layer that cannot hold it
 */
export function moduleRecipes(module: string, blob: ParamBlob, options: ModuleOptions): Recipe[] {
  const { layer, index } = blob;
  const { eps, names = PYTORCH_NAMES, separator = '_' } = options;
  const tensor = (name: string) => (module === '' ? name : module + separator + name);
  if (options.batchNorm !== undefined) return [foldedInto(blob, module, options.batchNorm, options)];
  switch (layer.type) {
    case 'Scale': {
      if (index > 1) return [];
      if (!(options.fold ?? blob.producer?.type !== 'BatchNorm'))
        return [copyOf(tensor(index === 0 ? names.scale : names.shift))];
      return [frozenBatchNormRecipe(module, index as 0 | 1, eps, { names, separator })];
    }
    case 'BatchNorm':
      // Caffe divides mean and variance by the third blob; PyTorch's are final.
      return index === 2 ? [constantRecipe(1)] : [copyOf(tensor(index === 0 ? names.mean : names.variance))];
    case 'Bias':
      return [copyOf(tensor(names.bias))];
    default: {
      // Where PyTorch has no word for it (an LSTM's third blob), its number stands.
      const name = tensor(index === 0 ? names.weight : index === 1 ? names.bias : String(index));
      return [index === 0 && isTransposed(blob) ? transposedOf(name, blob.shape) : copyOf(name)];
    }
  }
}

/** Whether a layer holds its matrix as (inputs, outputs), the other way round than PyTorch. */
function isTransposed({ layer }: ParamBlob): boolean {
  return layer.type === 'InnerProduct' && resolve('InnerProductParameter', layer.inner_product_param).transpose;
}

const TRANSPOSE = [parseTransform('transpose')];

/** A matrix turned around, unless its shape says that it lies as the layer wants it: another Caffe's weights do. */
function transposedOf(name: string, wanted: readonly number[]): Recipe {
  const lies = (shape: readonly number[]) => sameShape(shape, wanted) && shape[0] !== shape[1];
  return {
    inputs: [{ name }],
    operation: 'transpose',
    shapeOf: ([shape]) => (lies(shape!) ? shape! : shapeAfter(TRANSPOSE, [shape!])),
    compute: ([data], _count, [shape]) =>
      asFloat32(lies(shape!) ? data! : applyAll(TRANSPOSE, [{ data: data!, shape: shape! }]).data),
  };
}

/** A convolution or inner product with the normalization behind it: weight · s, (bias − mean) · s + shift. */
function foldedInto(blob: ParamBlob, module: string, batchNorm: string, options: ModuleOptions): Recipe {
  const { names = PYTORCH_NAMES, separator = '_', eps } = options;
  const { layer, index, count } = blob;
  if (layer.type !== 'Convolution' && layer.type !== 'Deconvolution' && layer.type !== 'InnerProduct')
    throw new NetspecError(`a normalization cannot be folded into a layer of type ${layer.type ?? ''}`);
  if (count < 2)
    throw new NetspecError('a normalization cannot be folded into a layer without bias', {
      hint: 'remove bias_term: false from the layer',
    });
  const of = (owner: string, name: string, optional = false): RecipeInput => ({
    name: owner === '' ? name : owner + separator + name,
    ...(optional && { optional }),
  });
  const vectors = [
    of(batchNorm, names.scale),
    of(batchNorm, names.variance, true),
    of(batchNorm, names.shift),
    of(batchNorm, names.mean, true),
  ];
  const root = eps === 0 ? `sqrt(${names.variance})` : `sqrt(${names.variance} + ${eps})`;
  if (index === 1)
    return {
      inputs: [of(module, names.bias, true), ...vectors],
      operation: `(${names.bias} − ${names.mean}) · ${names.scale} / ${root} + ${names.shift}`,
      compute: ([bias, w, v, b, m]) => {
        const { factor, shift } = foldedVectors(w!, v, b, m, eps);
        return Float32Array.from(shift, (value, i) => value + (bias?.[i] ?? 0) * factor[i]!);
      },
    };
  const transposed = isTransposed(blob) ? TRANSPOSE : [];
  return {
    inputs: [of(module, names.weight), ...vectors.slice(0, 2)],
    operation: `${names.weight} · ${names.scale} / ${root}${transposed.length > 0 ? ', transpose' : ''}`,
    shapeOf: ([shape, ...others]) => {
      const outputs = outputsOf(blob, shape!);
      for (const other of others)
        if (other && (other.length !== 1 || other[0] !== outputs))
          throw new NetspecError(`the normalization has ${other.join('x')} channels, the weight ${outputs}`);
      return shapeAfter(transposed, [shape!]);
    },
    compute: ([weight, w, v], _count, [shape]) => {
      const { factor } = foldedVectors(w!, v, undefined, undefined, eps);
      const channel = channelOf(blob, shape!);
      const data = Float32Array.from(weight!, (value, i) => value * factor[channel(i)]!);
      return asFloat32(applyAll(transposed, [{ data, shape: shape! }]).data);
    },
  };
}

/** Factor and shift of a normalization in float64. */
function foldedVectors(
  weight: NumericArray,
  variance: NumericArray | undefined,
  bias: NumericArray | undefined,
  mean: NumericArray | undefined,
  eps: number,
): { factor: Float64Array; shift: Float64Array } {
  const factor = Float64Array.from(weight, (value, i) => (variance ? value / Math.sqrt(variance[i]! + eps) : value));
  const shift = factor.map((value, i) => (bias?.[i] ?? 0) - (mean?.[i] ?? 0) * value);
  return { factor, shift };
}

/** Number of output channels of a weight in PyTorch's layout. */
function outputsOf({ layer }: ParamBlob, shape: readonly number[]): number {
  if (layer.type !== 'Deconvolution') return shape[0] ?? 1;
  return (shape[1] ?? 1) * (layer.convolution_param?.group ?? 1);
}

/** Flat index → output channel. A transposed convolution's weight is (inputs, outputs / group, …). */
function channelOf({ layer }: ParamBlob, shape: readonly number[]): (index: number) => number {
  const count = shape.reduce((product, dim) => product * dim, 1);
  if (layer.type !== 'Deconvolution') {
    const size = count / shape[0]!;
    return (i) => Math.floor(i / size);
  }
  const [inputs = 1, perGroup = 1] = shape;
  const size = count / inputs / perGroup;
  const inputsPerGroup = inputs / (layer.convolution_param?.group ?? 1);
  return (i) =>
    Math.floor(Math.floor(i / size / perGroup) / inputsPerGroup) * perGroup + (Math.floor(i / size) % perGroup);
}

function asFloat32(data: NumericArray): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}
