/**
 * WeightSource: named tensors that are read one at a time, whatever holds them: a file of any format in formats/, a folder of
 * .npy files, or tensors in memory.
 */
import { OBJECT, checkArguments } from '../arguments.js';
import { NetspecError, didYouMean } from '../errors.js';
import type { NetParameter } from '../generated/messages.js';
import type { StoredFloats } from '../proto/random-access.js';

/** Arrays that tensors are handed out as. 64-bit integers come as float64, half precision as float32. */
export type NumericArray =
  Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

/** What is known of a tensor without reading it. */
export interface TensorInfo {
  readonly name: string;
  /** Dimensions, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** Element type as stored, in numpy's words, or PyTorch's where numpy has none: `float32`, `int64`, `bfloat16` … */
  readonly dtype: string;
  /** Why `read` will refuse it, when that can be told beforehand: a truncated file, an element type without numbers. */
  readonly problem?: NetspecError;
}

/** A tensor's values, row-major. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: NumericArray;
}

/** Where weights come from. */
export interface WeightSource {
  /** What messages call it: a path, as the user gave it. */
  readonly description: string;
  /** What the user should know of how it was read: parts of a checkpoint that were left out. */
  readonly notes?: readonly string[];
  /** Entries of a checkpoint of which each may be the model, where there are several; opening takes the name of one. */
  readonly entries?: readonly { readonly name: string; readonly tensors: number }[];
  /** The net whose weights these are, where the file describes it, in today's format and without values: of a caffemodel. */
  readonly net?: NetParameter;
  /** All tensors, in a fixed order; costs nothing. */
  list(): readonly TensorInfo[];
  /**
   * One tensor's values. Nothing is kept: reading it again reads it again.
   * @throws NetspecError when there is no tensor of that name or it cannot be read.
   */
  read(name: string): Promise<Tensor>;
  /**
   * The same values in pieces, each valid until the next is asked for. Only for tensors that are float32 and row-major
   * as stored: undefined for others, and sources without such tensors need not have it.
   * @throws NetspecError as `read` does
   */
  pieces?(name: string): AsyncIterable<Float32Array> | undefined;
  /** Where the values lie that `pieces` reads, when that is in a file: undefined for others. */
  stored?(name: string): StoredFloats | undefined;
  /** Closes the files. */
  close(): Promise<void>;
}

/**
 * Tensors in memory as a source; they are not copied.
 * @example
 * const source = fromTensors({ 'conv1.bias': { shape: [2], data: Float32Array.of(1, 2) } });
 * source.list()[0]!.dtype; // → 'float32'
 * (await source.read('conv1.bias')).data; // → Float32Array.of(1, 2)
 */
export function fromTensors(
  tensors: Readonly<Record<string, Tensor>>,
  description = 'tensors in memory',
): WeightSource {
  checkArguments('fromTensors()', { tensors: [tensors, OBJECT] });
  const names = Object.keys(tensors);
  return {
    description,
    list: () => names.map((name) => ({ name, shape: tensors[name]!.shape, dtype: dtypeOf(tensors[name]!.data) })),
    read: (name) =>
      Object.hasOwn(tensors, name)
        ? Promise.resolve(tensors[name]!)
        : Promise.reject(noSuchTensor(name, description, names)),
    close: () => Promise.resolve(),
  };
}

/** Names and shapes as a source, where values are not needed; reading one is refused. */
export function fromShapes(infos: readonly TensorInfo[], description: string): WeightSource {
  return {
    description,
    list: () => infos,
    read: (name) => Promise.reject(new NetspecError(`the values of '${name}' are not known`)),
    close: () => Promise.resolve(),
  };
}

/** The error of a name that a source does not have. */
export function noSuchTensor(name: string, description: string, names: Iterable<string>): NetspecError {
  return new NetspecError(`${description} has no tensor '${name}'`, { hint: didYouMean(name, names) });
}

function dtypeOf(data: NumericArray): string {
  return data.constructor.name.replace('Array', '').toLowerCase();
}
