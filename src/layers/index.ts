// What `netspec/runtime` exports of the layers: the class of a layer, its facts, and how a program adds its own types.
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
  TrainingFacts,
  UnsupportedFacts,
  VariantFacts,
  WeightLayout,
} from './facts.js';
export type { LayerType } from '../generated/layer-types.js';
export { registerLayer, unregisterLayer } from './registry.js';
