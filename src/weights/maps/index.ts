/** The name maps: the interface, the presets, and the maps of rule files. */
export { copyOf, type NameMap, type ParamBlob, type Recipe, type RecipeInput, type ReferenceMap } from './map.js';
export { foldBatchNorm, frozenBatchNormRecipe, type BatchNormVectors } from './frozen-bn.js';
export { conventionMap, type Convention } from './convention.js';
export { identityMap } from './identity.js';
export { maskrcnnBenchmarkMap } from './maskrcnn-benchmark.js';
export { torchvisionResnetMap } from './torchvision-resnet.js';
export { NAME_MAPS, nameMap } from './presets.js';
export type { TensorNames } from './tensor-names.js';
export type { TransformStep } from './transforms.js';
export {
  parseRuleJson,
  type ConstantRule,
  type KernelRule,
  type ModuleRule,
  type ReferenceRule,
  type Rule,
  type RuleFile,
  type TensorRule,
} from './rule-file.js';
export { ruleMap } from './rule-map.js';
