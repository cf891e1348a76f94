/**
 * NameMap: which tensors of a model belong to which parameter blobs of a net, what is to be done to them, and which
 * reference output belongs to which layer.
 */
import type { LayerParameter } from '../../generated/messages.js';
import type { NumericArray } from '../source.js';

/** One parameter blob of the net that wants values. */
export interface ParamBlob {
  readonly layer: LayerParameter;
  /** Position among the layer's blobs: 0 is what most layers call the weight. */
  readonly index: number;
  /** How many blobs the layer has. */
  readonly count: number;
  /** Dimensions of this blob. */
  readonly shape: readonly number[];
}

/** A tensor that a recipe wants. */
export interface RecipeInput {
  /** Its name; dots and underscores count as equal, so `conv1_weight` also finds `conv1.weight`. */
  readonly name: string;
  /** The recipe works without it. */
  readonly optional?: boolean;
}

/** How a blob's values come about. Every input must have the blob's shape, dimensions of one aside. */
export interface Recipe {
  /** Tensors in the order in which `compute` takes them. */
  readonly inputs: readonly RecipeInput[];
  /** What is done, for reports: `weight / sqrt(running_var)`. Absent when the one input is taken as it is. */
  readonly operation?: string;
  /**
   * The blob's values from the inputs' values, undefined for an optional input that is not there. Calculate in float64;
   * storing in the result rounds to float32 once. Absent: the one input is taken as it is.
   */
  readonly compute?: (inputs: readonly (NumericArray | undefined)[], count: number) => Float32Array;
}

/** What `verify` needs of a name map. */
export interface ReferenceMap {
  /** What reports call it. */
  readonly name?: string;
  /** Names of a layer's reference output, the likeliest first. */
  referenceNames(layerName: string): string[];
}

/** How a model's names fit a net's. Write one for a model of your own, or start from a preset. */
export interface NameMap extends ReferenceMap {
  readonly name: string;
  /** Ways to fill a blob, the likeliest first: the first of which all required tensors exist is taken. */
  recipes(blob: ParamBlob): readonly Recipe[];
  /** Whether a tensor that no blob wants may be left over: a counter that only training uses, for instance. */
  isIgnorable(tensorName: string): boolean;
}

/** A recipe that takes one tensor as it is. */
export function copyOf(name: string): Recipe {
  return { inputs: [{ name }] };
}
