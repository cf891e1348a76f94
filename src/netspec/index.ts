/** The DSL's public face: NetSpec, L, P, toProto and the types that go with them. */
export { NetSpec } from './net-spec.js';
export { L, type AnyLayer, type AnyOptions, type LayerByName, type Layers } from './layers.js';
export { P, type Params } from './params.js';
export { LayerFunction, Top, toProto, type Bottom, type Tops } from './top.js';
export { formatProgram } from './program/index.js';
export type * from '../generated/layers.js';
