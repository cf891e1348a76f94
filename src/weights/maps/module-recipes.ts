/**
 * What a layer's blobs take from a module of the model: its weight and bias as they are, or what a normalization's four
 * vectors make of them. Which it is depends on the layer's type and on what stands before it.
 */
import type { LayerParameter } from '../../generated/messages.js';
import { blobFactsOf, type BlobRole, type LayerFacts } from '../../layers/facts.js';
import { factsOf } from '../../layers/registry.js';
import { frozenBatchNormRecipes, lackable, lackRemark } from './frozen-bn.js';
import type { ParamBlob, Recipe } from './map.js';
import { constantRecipe, copyOf } from './map.js';
import { foldedRecipes } from './modules/folded.js';
import { kernelRecipes } from './modules/keras-kernels.js';
import { lstmRecipes } from './modules/lstm.js';
import { moduleLayout, transposedOf } from './modules/matrices.js';
import { PYTORCH_NAMES, type TensorNames } from './tensor-names.js';

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
  /** The module with a normalization's mean and variance, where it is not the one with its scale and shift. */
  readonly statistics?: string;
}

/**
 * The recipes of one blob.
 * @throws NetspecError when a normalization is to be folded into a layer that cannot hold it
 */
export function moduleRecipes(module: string, blob: ParamBlob, options: ModuleOptions): Recipe[] {
  const { eps, names = PYTORCH_NAMES, separator = '_', statistics, batchNorm } = options;
  const tensor = (name: string) => (module === '' ? name : module + separator + name);
  if (batchNorm !== undefined)
    return foldedRecipes(blob, tensor, { module: batchNorm, statistics, eps, names, separator });
  const { layer, index } = blob;
  if (layer.type === 'LSTM') return lstmRecipes(blob, module, { names, separator });
  const facts = factsOf(layer, { blobs: blob.shapes });
  const role = roleOfBlob(facts, layer, index);
  switch (role) {
    case undefined:
      return [];
    case 'scale':
    case 'shift': {
      // What is not affine, as Normalize, has a scale of its own, and no normalization can be folded into it.
      const takesFold = facts?.affine !== undefined && !holdsStatistics(layer, facts);
      if (takesFold && (options.fold ?? !holdsStatistics(blob.producer)))
        return frozenBatchNormRecipes({ module, statistics, eps, names, separator }, role === 'scale' ? 0 : 1);
      const given: Recipe = { inputs: [{ name: tensor(names[role]), role }] };
      // A module that has statistics and nothing else: affine=False.
      const absent = lackable(names)
        .filter((lacks) => lacks.includes(role))
        .map((lacks): Recipe => ({
          ...constantRecipe(role === 'scale' ? 1 : 0),
          fallback: true,
          requires: [tensor(names.variance)],
          without: lacks.map((each) => tensor(names[each])),
          remark: lackRemark(lacks, names),
        }));
      return [given, ...absent];
    }
    case 'mean':
    case 'variance':
      return [{ inputs: [{ name: tensor(names[role]), role }] }];
    case 'divisor':
      // Caffe divides mean and variance by this blob; PyTorch's are final.
      return [constantRecipe(1)];
    case 'weight':
      if (names.weight === 'kernel') return kernelRecipes(tensor, blob);
      return [
        moduleLayout(blob)?.transposed ? transposedOf(tensor(names.weight), blob.shape) : copyOf(tensor(names.weight)),
      ];
    case 'bias':
      return [copyOf(tensor(names.bias))];
    case 'other':
      // Where PyTorch has no word for it, its number stands.
      return [copyOf(tensor(String(index)))];
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
