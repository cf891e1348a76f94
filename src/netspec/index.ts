// What the whole exports of the DSL: NetSpec, L, P, toProto, and the types of layers and their settings.
export { NetSpec, type NetSpecConstructor } from './net-spec.js';
export { L, type AnyLayer, type AnyOptions, type LayerByName, type Layers, type VendorLayers } from './layers.js';
export { P, type Params } from './params.js';
export { Top, toProto, type Bottom, type LayerFunction, type Tops } from './top.js';
export type { ToProtoOptions } from './targets.js';
export { formatProgram, type ProgramOptions } from './program/index.js';
export type * from '../generated/layers.js';
