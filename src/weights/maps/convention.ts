/**
 * PyTorch's naming convention as a name map: a layer's blobs are `<module>_weight`, `<module>_bias` and a
 * normalization's running statistics. A preset says which modules a layer's name may mean, and no more.
 */
import type { NameMap, ParamBlob } from './map.js';
import { completesModule } from './module-layers.js';
import { moduleRecipes } from './module-recipes.js';
import type { TensorNames } from './tensor-names.js';

/** How a model names its modules; see {@link conventionMap}. */
export interface Convention {
  name: string;
  /** Modules of the model that a layer's parameters may be found under, the likeliest first. */
  modules: (layerName: string) => string[];
  /** Modules whose output is a layer's, the likeliest first. */
  outputs: (layerName: string, type?: string) => string[];
  /** Added to the variance when a normalization is folded into a Scale layer. */
  batchNormEps: number;
  /** What the source calls a module's tensors, where it is not what PyTorch calls them: these names are looked for first. */
  names?: TensorNames;
  /** Names that may be left over. */
  ignorable: RegExp;
  /** See {@link NameMap.remarks}. */
  remarks?: (blobs: readonly ParamBlob[]) => string[];
}

/**
 * A name map that follows PyTorch's convention.
 * @example
 * const map = conventionMap({
 *   name: 'ours',
 *   modules: (layer) => [`backbone.${layer}`],
 *   outputs: (layer) => [`backbone.${layer}`],
 *   batchNormEps: 1e-5,
 *   ignorable: /num_batches_tracked$/,
 * });
 * map.referenceNames('conv1', 'Convolution'); // → ['backbone.conv1_output', 'conv1']
 */
export function conventionMap({
  name,
  modules,
  outputs,
  batchNormEps,
  names,
  ignorable,
  remarks,
}: Convention): NameMap {
  return {
    name,
    recipes: (blob) =>
      modulesOfBlob(blob, modules).flatMap(({ module, fallback }) => {
        const recipes = moduleRecipes(module, blob, { eps: batchNormEps });
        const others = recipes.map((recipe) => ({ ...recipe, fallback: true }));
        if (!names) return fallback ? others : recipes;
        const named = moduleRecipes(module, blob, { eps: batchNormEps, names });
        return [...named.map((recipe) => (fallback ? { ...recipe, fallback } : recipe)), ...others];
      }),
    isIgnorable: (tensorName) => ignorable.test(tensorName),
    // Outputs that `<module>_output` names come first; a bare layer name is what `netspec forward` writes.
    referenceNames: (layerName, type) => [...outputs(layerName, type).map((module) => `${module}_output`), layerName],
    ...(remarks && { remarks }),
  };
}

/** Modules that a blob may come from: those of its layer, then those of the layer that it is one module with. */
function modulesOfBlob(
  { layer, producer }: ParamBlob,
  modules: Convention['modules'],
): { module: string; fallback: boolean }[] {
  const own = modules(layer.name ?? '').map((module) => ({ module, fallback: false }));
  if (producer?.type !== 'BatchNorm' || !completesModule(layer, producer)) return own;
  return [...own, ...modules(producer.name ?? '').map((module) => ({ module, fallback: true }))];
}
