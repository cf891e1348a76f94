/** The public interface of src/weights: sources, .npy files, name maps, and packing. */
export { fromTensors, type NumericArray, type Tensor, type TensorInfo, type WeightSource } from './source.js';
export { formatNpy, formatNpyHeader, parseNpy, readNpy, readNpyHeader, type NpyArray, type NpyHeader } from './npy.js';
export { openWeightFile, type OpenWeightsOptions } from './open.js';
export { blobTensorName, openCaffemodelSource } from './formats/caffemodel.js';
export {
  NAME_MAPS,
  conventionMap,
  copyOf,
  foldBatchNorm,
  frozenBatchNormRecipe,
  identityMap,
  maskrcnnBenchmarkMap,
  nameMap,
  parseRuleJson,
  ruleMap,
  torchvisionResnetMap,
  type BatchNormVectors,
  type ConstantRule,
  type Convention,
  type ModuleRule,
  type NameMap,
  type ParamBlob,
  type Recipe,
  type RecipeInput,
  type ReferenceMap,
  type ReferenceRule,
  type Rule,
  type RuleFile,
  type TensorNames,
  type TensorRule,
  type TransformStep,
} from './maps/index.js';
export {
  formatRuleFile,
  proposalRemarks,
  proposeMap,
  type MapProposal,
  type ProposedMatch,
} from './maps/propose/index.js';
export type { NetToFill } from './packing/net-to-fill.js';
export { planPack, type BlobPlan, type PackOptions, type PackPlan } from './packing/plan.js';
export { planWithBestMap } from './packing/choose-map.js';
export { executePack, packWeights, type PackProgress } from './packing/execute.js';
export { writeNpz, writeSafetensors, type TensorToWrite } from './write-archive.js';
export { Statistics, type ValueStatistics } from './statistics.js';
export { PackError, formatProblem, type PackProblem } from './packing/problems.js';
export type { BlobId, NegativeVariances, NonFinite, OutOfRange, PackReport } from './packing/report.js';
