/** The name maps: the interface, the presets, and finding a preset by name. */
import { NetspecError, didYouMean } from '../../errors.js';
import { identityMap } from './identity.js';
import { maskrcnnBenchmarkMap } from './maskrcnn-benchmark.js';
import type { NameMap } from './map.js';

export { copyOf, type NameMap, type ParamBlob, type Recipe, type RecipeInput, type ReferenceMap } from './map.js';
export { foldBatchNorm, frozenBatchNormRecipe, type BatchNormVectors } from './frozen-bn.js';
export { conventionMap, type Convention } from './convention.js';
export { identityMap, maskrcnnBenchmarkMap };

const PRESETS: Readonly<Record<string, (options?: { batchNormEps?: number }) => NameMap>> = {
  identity: identityMap,
  'maskrcnn-benchmark': maskrcnnBenchmarkMap,
};

/** Names of the presets. */
export const NAME_MAPS: readonly string[] = Object.keys(PRESETS);

/**
 * A preset by name.
 * @param batchNormEps replaces what the preset adds to the variance of a folded normalization
 * @throws NetspecError for an unknown name
 */
export function nameMap(name: string, { batchNormEps }: { batchNormEps?: number } = {}): NameMap {
  if (!Object.hasOwn(PRESETS, name))
    throw new NetspecError(`there is no name map '${name}'`, {
      hint: didYouMean(name, NAME_MAPS) ?? `name maps are ${NAME_MAPS.join(', ')}`,
    });
  return PRESETS[name]!({ batchNormEps });
}
