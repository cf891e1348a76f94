// What `netspec/runtime` exports: nets that run, their blobs, and layer types of one's own.
export { NetspecError, type Address, type ErrorCode, type NetspecErrorOptions } from '../errors.js';
export * from '../layers/index.js';
export { Net, type ForwardOptions, type NetOptions, type Step as NetStep, type Tensor as NetTensor } from './net.js';
export { Blob } from '../engine/blob.js';
export type { CopyReport } from './weights.js';
export type { OpenInput } from './open-inputs.js';
export { deployNet, type DeployedNet, type DeployOptions } from './deploy/deploy.js';
export { netShapes, type NetShapes, type StateOptions } from './net-shapes.js';
export type { StepOver } from './graph.js';
export type { GivenShapes } from './step-over.js';
export { profileNet, type NetProfile, type ProfileOptions, type StepProfile } from './profile.js';
export { randomizeParams } from './random-params.js';
export type { WeightsSource } from './weights-source.js';
