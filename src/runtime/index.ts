/** The runtime room's public face: nets that run, their blobs, and the memory they run in. */
export { Net, type ForwardOptions, type NetOptions, type Step as NetStep, type Tensor as NetTensor } from './net.js';
export { Blob } from '../engine/blob.js';
export { FILLER_TYPES, fillBlob } from '../engine/fillers.js';
export type { CopyReport } from './weights.js';
export { netShapes, type NetShapes, type StateOptions } from './net-shapes.js';
export { profileNet, type NetProfile, type ProfileOptions, type StepProfile } from './profile.js';
export { fillRandomly, randomizeParams } from './random-params.js';
export type { WeightsSource } from './weights-source.js';
export { createArena, type ArenaOptions } from '../engine/wasm-arena.js';
export { setPlatform, type Platform } from './platform.js';
