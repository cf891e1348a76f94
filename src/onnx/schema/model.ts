/** An ONNX model as the file has it: graphs of nodes, constants with their values, and the functions that it defines. */
import type { DataType, Numbers } from './data-types.js';

/** Values of a constant. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly type: DataType;
  /** Row-major. */
  readonly data: Numbers;
}

/** What a value is said to be: `undefined` dimensions are open, a string is the name that ties several together. */
export interface ValueInfo {
  readonly name: string;
  /** Absent when the value is no tensor, or its type is not given. */
  readonly type?: DataType;
  readonly dims?: readonly (number | string | undefined)[];
  /** Set when the value is no tensor: `sequence`, `map`, `optional`. */
  readonly kind?: string;
}

/** A tensor in the file: values are read when they are needed. */
export interface StoredTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** The number in the format: see data-types.ts. */
  readonly dataType: number;
  readonly values?: Tensor;
}

export type AttributeValue =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: StoredTensor }
  | { readonly kind: 'graph'; readonly value: Graph }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'reference'; readonly value: string }
  | { readonly kind: 'other'; readonly value: string };

export interface NodeProto {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly overload: string;
  /** '' stands for an optional input that is not given. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, AttributeValue>;
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly NodeProto[];
  readonly initializers: ReadonlyMap<string, StoredTensor>;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly valueInfo: readonly ValueInfo[];
}

/** A function that the model defines: a node of its name stands for its nodes. */
export interface FunctionProto {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes without a default. */
  readonly attributes: readonly string[];
  readonly defaults: ReadonlyMap<string, AttributeValue>;
  readonly nodes: readonly NodeProto[];
  readonly opsets: ReadonlyMap<string, number>;
}

export interface Model {
  readonly irVersion: number;
  readonly producer: string;
  /** Version by domain; '' is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: Graph;
  readonly functions: readonly FunctionProto[];
  /** Paths of the files that hold tensors, from the model's folder, as the file says them. */
  readonly externalFiles: readonly string[];
}
