/**
 * NameMap: which tensors of a model belong to which parameter blobs of a net, what is to be done to them, and which
 * reference output belongs to which layer.
 */
import type { LayerParameter } from '../../generated/messages.js';
import type { BlobRole } from '../../layers/facts.js';
import type { NumericArray, TensorInfo } from '../source.js';

/** One parameter blob of the net that wants values. */
export interface ParamBlob {
  readonly layer: LayerParameter;
  /** Position among the layer's blobs: 0 is what most layers call the weight. */
  readonly index: number;
  /** How many blobs the layer has. */
  readonly count: number;
  /** Dimensions of this blob. */
  readonly shape: readonly number[];
  /** Dimensions of all blobs of the layer, where they are known. */
  readonly shapes?: readonly (readonly number[])[];
  /** The layer that makes what this layer reads first: a Scale behind a BatchNorm is one half of a normalization. */
  readonly producer?: LayerParameter;
  /** Dimensions of what the layer reads first, where they are known; of the image, where that was flattened before. */
  readonly input?: readonly number[];
}

/** A tensor that a recipe wants. */
export interface RecipeInput {
  /** Its name; dots and underscores count as equal, so `conv1_weight` also finds `conv1.weight`. */
  readonly name: string;
  /** The recipe works without it. */
  readonly optional?: boolean;
  /** What it is to its module, where that matters for remarks: statistics that a source lacks, a variance below 0. */
  readonly role?: BlobRole;
}

/** How a blob's values come about. */
export interface Recipe {
  /** Tensors in the order in which `compute` takes them. */
  readonly inputs: readonly RecipeInput[];
  /**
   * What is done, for reports: `weight / sqrt(running_var)`; where that depends on the inputs' shapes, a function of them.
   * Absent, or undefined, when the one input is taken as it is.
   */
  readonly operation?: string | ((shapes: readonly (readonly number[] | undefined)[]) => string | undefined);
  /** Where the name map says so, for messages: `rule 3`. */
  readonly origin?: string;
  /** Tensors that must be there although nothing is taken from them: of a module that has no bias, its weight. */
  readonly requires?: readonly string[];
  /** Tensors of which none may be there: a module that lacks one of two has lost it, and one without both never had them. */
  readonly without?: readonly string[];
  /** What a report should say of the normalizations that are filled so. */
  readonly remark?: string;
  /** A second choice, which no message names when nothing fits. */
  readonly fallback?: boolean;
  /** What is added to the variance before its root is taken, where one is. */
  readonly eps?: number;
  /**
   * Shape of what `compute` makes of inputs of these shapes, undefined for an optional input that is not there. Absent:
   * every input must have the blob's shape, dimensions of one aside.
   * @throws NetspecError saying what does not fit
   */
  readonly shapeOf?: (shapes: readonly (readonly number[] | undefined)[]) => readonly number[];
  /**
   * The blob's values from the inputs' values, undefined for an optional input that is not there. Calculate in float64;
   * storing in the result rounds to float32 once. Absent: the one input is taken as it is.
   */
  readonly compute?: (
    inputs: readonly (NumericArray | undefined)[],
    count: number,
    shapes: readonly (readonly number[] | undefined)[],
  ) => Float32Array;
}

/** What `verify` needs of a name map. */
export interface ReferenceMap {
  /** What reports call it. */
  readonly name?: string;
  /**
   * Names of a layer's reference output, the likeliest first. Asked with a blob's name too: a top of a layer that has
   * several goes by its blob's name as if a layer bore it.
   * @param type the layer's: the BatchNorm of a BatchNorm and Scale pair has only half of what the module gives
   */
  referenceNames(layerName: string, type?: string): string[];
  /**
   * Names of the reference of one top of the net that the map was made for, where it tells them apart itself; then
   * `referenceNames` serves messages only.
   * @param layer the layer's index
   * @param top position among the layer's tops
   */
  topReferenceNames?(layer: number, top: number): string[];
}

/** How a model's names fit a net's. Write one for a model of your own, or start from a preset. */
export interface NameMap extends ReferenceMap {
  readonly name: string;
  /** The map for a source with these tensors, where it depends on them: names and defaults of another framework. */
  forSource?(tensors: readonly TensorInfo[]): NameMap;
  /**
   * Ways to fill a blob, the likeliest first: the first of which all required tensors exist is taken.
   * @throws NetspecError when the map's own words for this blob make no sense
   */
  recipes(blob: ParamBlob): readonly Recipe[];
  /** Whether a tensor that no blob wants may be left over: a counter that only training uses, for instance. */
  isIgnorable(tensorName: string): boolean;
  /** What the user should know about this map and a net of these blobs: rules without use, known traps. */
  remarks?(blobs: readonly ParamBlob[]): string[];
}

/** What a recipe does with inputs of these shapes, for reports. */
export function operationOf(
  { operation }: Recipe,
  shapes: readonly (readonly number[] | undefined)[],
): string | undefined {
  return typeof operation === 'function' ? operation(shapes) : operation;
}

/** A recipe that takes one tensor as it is. */
export function copyOf(name: string): Recipe {
  return { inputs: [{ name }] };
}

/** A recipe that needs no tensor: every value is the same. */
export function constantRecipe(value: number): Recipe {
  return {
    inputs: [],
    operation: `constant ${value}`,
    compute: (_inputs, count) => new Float32Array(count).fill(value),
  };
}
