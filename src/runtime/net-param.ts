/** net-param: a parameter of a net as the graph makes it and weights fill it. */
import type { Blob } from '../engine/blob.js';

/** A parameter blob of a layer. */
export interface NetParam {
  readonly blob: Blob;
  readonly layer: number;
  /** Index among the layer's blobs. */
  readonly index: number;
  /** The parameter whose values it uses, when `param { name }` was seen before. */
  readonly owner?: NetParam;
  /** Values were given, by the net itself or by weights; otherwise they are the filler's. */
  filled: boolean;
}
