/**
 * PyTorch's naming convention as a name map: a layer's blobs are `<module>_weight`, `<module>_bias` and a
 * normalization's running statistics. A preset says which modules a layer's name may mean, and no more.
 */
import type { NameMap, ParamBlob, Recipe } from './map.js';
import { copyOf } from './map.js';
import { frozenBatchNormRecipe } from './frozen-bn.js';

export interface Convention {
  name: string;
  /** Modules of the model that a layer's parameters may be found under, the likeliest first. */
  modules: (layerName: string) => string[];
  /** Modules whose output is a layer's, the likeliest first. */
  outputs: (layerName: string) => string[];
  /** Added to the variance when a normalization is folded into a Scale layer. */
  batchNormEps: number;
  /** Names that may be left over. */
  ignorable: RegExp;
}

/** A name map that follows PyTorch's convention. */
export function conventionMap({ name, modules, outputs, batchNormEps, ignorable }: Convention): NameMap {
  return {
    name,
    recipes: (blob) => modules(blob.layer.name ?? '').flatMap((module) => recipesFor(module, blob, batchNormEps)),
    isIgnorable: (tensorName) => ignorable.test(tensorName),
    // Outputs that `<module>_output` names come first; a bare layer name is what `netspec forward` writes.
    referenceNames: (layerName) => [...outputs(layerName).map((module) => `${module}_output`), layerName],
  };
}

function recipesFor(module: string, { layer, index }: ParamBlob, eps: number): Recipe[] {
  // Where PyTorch has no word for it (an LSTM's third blob), its number stands.
  const suffix = index === 0 ? 'weight' : index === 1 ? 'bias' : String(index);
  switch (layer.type) {
    case 'Scale':
      return index < 2 ? [frozenBatchNormRecipe(module, index as 0 | 1, eps)] : [];
    case 'BatchNorm':
      // Caffe divides mean and variance by the third blob; PyTorch's are final.
      return index === 2 ? [ONE] : [copyOf(`${module}_${index === 0 ? 'running_mean' : 'running_var'}`)];
    case 'Bias':
      return [copyOf(`${module}_bias`)];
    default:
      return [copyOf(`${module}_${suffix}`)];
  }
}

const ONE: Recipe = {
  inputs: [],
  operation: 'constant 1',
  compute: (_inputs, count) => new Float32Array(count).fill(1),
};
