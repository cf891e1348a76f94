// What `netspec/weights` exports: sources of weights, .npy files, name maps, and packing.
export { NetspecError, type Address, type ErrorCode, type NetspecErrorOptions } from '../errors.js';
export { fromTensors, type NumericArray, type Tensor, type TensorInfo, type WeightSource } from './source.js';
export { formatNpy, parseNpy, type NpyArray } from './npy.js';
export { openWeightFile, type OpenWeightsOptions } from './open.js';
export {
  conventionMap,
  nameMap,
  ruleMap,
  type ConstantRule,
  type KernelRule,
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
export { formatRuleFile, proposeMap, type MapProposal, type ProposedMatch } from './maps/propose/index.js';
export type { NetToFill } from './packing/net-to-fill.js';
export { planPack, type BlobPlan, type PackOptions, type PackPlan } from './packing/plan.js';
export { planWithBestMap } from './packing/choose-map.js';
export { executePack, packWeights, type PackProgress } from './packing/execute.js';
export { writeNpz, writeSafetensors, type TensorToWrite } from './write-archive.js';
export { PackError, type PackProblem } from './packing/problems.js';
export type { BlobId, NegativeVariances, NonFinite, OutOfRange, PackReport } from './packing/report.js';
