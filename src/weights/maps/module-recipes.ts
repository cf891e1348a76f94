/**
 * What a layer's blobs take from a module of the model: its weight and bias as they are, or what a normalization's four
 * vectors make of them. Which it is depends on the layer's type and on what stands before it.
 */
import { NetspecError } from '../../errors.js';
import type { LayerParameter } from '../../generated/messages.js';
import { blobFactsOf, type BlobRole, type LayerFacts, type WeightLayout } from '../../layers/facts.js';
import { factsOf } from '../../layers/registry.js';
import { outputChannels, outputsOf } from '../../layers/shared/weight-layout.js';
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
  const { eps, names = PYTORCH_NAMES, separator = '_' } = options;
  const tensor = (name: string) => (module === '' ? name : module + separator + name);
  if (options.batchNorm !== undefined) return [foldedInto(blob, module, options.batchNorm, options)];
  const { layer, index } = blob;
  const facts = factsOf(layer, { blobs: blob.shapes });
  const role = roleOfBlob(facts, layer, index);
  switch (role) {
    case undefined:
      return [];
    case 'scale':
    case 'shift':
      if (!holdsStatistics(layer, facts) && (options.fold ?? !holdsStatistics(blob.producer)))
        return [frozenBatchNormRecipe(module, role === 'scale' ? 0 : 1, eps, { names, separator })];
      return [copyOf(tensor(names[role]))];
    case 'divisor':
      // Caffe divides mean and variance by this blob; PyTorch's are final.
      return [constantRecipe(1)];
    case 'weight':
      return [
        moduleLayout(blob)?.transposed ? transposedOf(tensor(names.weight), blob.shape) : copyOf(tensor(names.weight)),
      ];
    case 'other':
      // Where PyTorch has no word for it (an LSTM's third blob), its number stands.
      return [copyOf(tensor(String(index)))];
    default:
      return [copyOf(tensor(names[role]))];
  }
}

/** What a blob is: undefined for one that the type does not have; weight and bias, where the type does not say. */
function roleOfBlob(facts: LayerFacts | undefined, layer: LayerParameter, index: number): BlobRole | undefined {
  if (facts?.blobs) return blobFactsOf(facts, layer, index)?.role;
  return index === 0 ? 'weight' : index === 1 ? 'bias' : 'other';
}

/** Whether the layer has a normalization's mean and variance among its blobs. */
function holdsStatistics(layer: LayerParameter | undefined, facts = layer && factsOf(layer)): boolean {
  const blobs = typeof facts?.blobs === 'function' ? facts.blobs(layer!) : (facts?.blobs ?? []);
  return blobs.some(({ role }) => role === 'variance');
}

/** How PyTorch's module of the same kind holds the weights of a layer. */
function moduleLayout({ layer, shapes }: ParamBlob): WeightLayout | undefined {
  const layout = factsOf(layer, { blobs: shapes })?.weights?.(layer);
  return layout && { ...layout, inputsFirst: layout.inputsFirst !== layout.transposed };
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
  const layout = moduleLayout(blob);
  if (!layout) throw new NetspecError(`a normalization cannot be folded into a layer of type ${layer.type ?? ''}`);
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
  const transposed = layout.transposed ? TRANSPOSE : [];
  return {
    inputs: [of(module, names.weight), ...vectors.slice(0, 2)],
    operation: `${names.weight} · ${names.scale} / ${root}${transposed.length > 0 ? ', transpose' : ''}`,
    shapeOf: ([shape, ...others]) => {
      const outputs = outputsOf(layout, shape!);
      for (const other of others)
        if (other && (other.length !== 1 || other[0] !== outputs))
          throw new NetspecError(`the normalization has ${other.join('x')} channels, the weight ${outputs}`);
      return shapeAfter(transposed, [shape!]);
    },
    compute: ([weight, w, v], _count, [shape]) => {
      const { factor } = foldedVectors(w!, v, undefined, undefined, eps);
      const channel = outputChannels(layout, shape!);
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

function asFloat32(data: NumericArray): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}
