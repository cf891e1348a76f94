/** The public interface of the layers: finding the class and the facts of a layer type, and registering one's own. */
export { Layer, type LayerClass, type LayerContext } from './layer.js';
export type {
  AffineFacts,
  BiasTerm,
  BlobCount,
  BlobFacts,
  BlobRole,
  LayerFacts,
  LayerFamily,
  LayerHints,
  LayerQuery,
  LayerRule,
  UnsupportedFacts,
  VariantFacts,
  WeightLayout,
} from './facts.js';
export type { LayerType } from '../generated/layer-types.js';
export {
  LAYER_TYPES,
  factsOf,
  factsOfLayer,
  knownLayerTypes,
  lookUpLayer,
  registerLayer,
  unregisterLayer,
} from './registry.js';
