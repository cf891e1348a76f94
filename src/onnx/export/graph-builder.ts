/**
 * The graph of a model that is being written: values with their shapes, nodes, and constants whose values are read when they are
 * written. Values get their names last, for the name of a blob belongs to the last layer that writes it.
 */
import { product } from '../../shapes.js';

/** Element types that exported models use, by their number in ONNX's format. */
export const ELEMENT_TYPES = { float: 1, int8: 3, int32: 6, int64: 7, bool: 9 } as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

/** What a node, an input or a constant makes. */
export interface Value {
  /** −1 for a dimension that depends on values. */
  readonly shape: readonly number[];
  readonly type: ElementType;
  /** Undefined until the graph is complete, unless it is an input or a constant. */
  name: string | undefined;
  readonly from: 'input' | 'constant' | 'node';
}

/** An attribute: a whole number, a string, a list of whole numbers, or floats where it is said. */
export type AttributeInput =
  number | string | readonly number[] | { readonly float: number } | { readonly floats: readonly number[] };

/** Attributes by name; those that are undefined are left out. */
export type AttributeInputs = Readonly<Record<string, AttributeInput | undefined>>;

export interface NodeDraft {
  readonly op: string;
  /** Undefined stands for an optional input that is not given. */
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: AttributeInputs;
  /** The layer that it belongs to. */
  readonly layer: string;
  name: string;
}

/** Values in one piece, or in several of any length, each valid until the next is asked for. */
export type Pieces = AsyncIterable<ArrayLike<number>> | Iterable<ArrayLike<number>>;

/** A constant. Its values are wanted once, when the model is written. */
export interface ConstantDraft {
  readonly value: Value;
  readonly pieces: () => Pieces;
}

/** What a new value is: floats unless it says otherwise. */
export type OutputDraft = readonly number[] | { readonly shape: readonly number[]; readonly type: ElementType };

/** Constants of up to so many values are held once for the whole graph. */
const MOST_SHARED = 64;
/** Those of up to so many are named after what they hold: `float_0.5`. */
const MOST_NAMED = 8;

export class GraphBuilder {
  readonly nodes: NodeDraft[] = [];
  readonly constants: ConstantDraft[] = [];
  readonly inputs: Value[] = [];
  /** The layer that nodes are written for. */
  layer = '';
  readonly #shared = new Map<string, Value>();
  readonly #parameters = new Map<unknown, Map<string, Value>>();
  readonly #names = new Set<string>();

  /** @param reserved names of blobs: no other value may bear them */
  constructor(
    readonly opset: number,
    reserved: Iterable<string> = [],
  ) {
    for (const name of reserved) this.#names.add(name);
  }

  input(name: string, shape: readonly number[]): Value {
    const value: Value = { name, shape, type: 'float', from: 'input' };
    this.inputs.push(value);
    return value;
  }

  /** Adds a node that makes one value. */
  node(
    op: string,
    inputs: readonly (Value | undefined)[],
    output: OutputDraft,
    attributes: AttributeInputs = {},
  ): Value {
    return this.nodeOf(op, inputs, [output], attributes)[0]!;
  }

  /** Adds a node that makes several values. */
  nodeOf(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly OutputDraft[],
    attributes: AttributeInputs = {},
  ): Value[] {
    const values = outputs.map((draft): Value => {
      const { shape, type } = 'shape' in draft ? draft : { shape: draft, type: 'float' as const };
      return { shape, type, name: undefined, from: 'node' };
    });
    this.nodes.push({ op, inputs, outputs: values, attributes, layer: this.layer, name: '' });
    return values;
  }

  /** Adds a constant of known values. Equal small ones are one. */
  constant(data: ArrayLike<number>, shape: readonly number[], type: ElementType = 'float'): Value {
    if (data.length > MOST_SHARED) return this.#constant(`${this.layer}/constant`, shape, type, () => [data]);
    const words = Array.from(data, (value) => (type === 'float' ? floatText(value) : String(value)));
    const key = [type, shape.join('x'), ...words].filter((word) => word !== '').join('_');
    const found = this.#shared.get(key);
    if (found) return found;
    const name = words.length <= MOST_NAMED ? key : `${this.layer}/constant`;
    const value = this.#constant(name, shape, type, () => [data]);
    this.#shared.set(key, value);
    return value;
  }

  /**
   * Adds a constant that is read later. Those of one key and one shape are one.
   * @param key an object that stands for the values, such as the memory that several layers share
   */
  parameter(key: unknown, name: string, shape: readonly number[], pieces: ConstantDraft['pieces']): Value {
    const byShape = this.#parameters.get(key) ?? new Map<string, Value>();
    this.#parameters.set(key, byShape);
    const form = shape.join('x');
    let value = byShape.get(form);
    if (!value) byShape.set(form, (value = this.#constant(name, shape, 'float', pieces)));
    return value;
  }

  #constant(name: string, shape: readonly number[], type: ElementType, pieces: ConstantDraft['pieces']): Value {
    const value: Value = { name: this.unique(name), shape, type, from: 'constant' };
    this.constants.push({ value, pieces });
    return value;
  }

  /** The name, or with a number behind it the next one that is free; it is taken from now on. */
  unique(name: string): string {
    let free = name;
    for (let i = 1; this.#names.has(free); i++) free = `${name}_${i}`;
    this.#names.add(free);
    return free;
  }

  /** Takes out constants that no node reads. */
  prune(): void {
    const read = new Set(this.nodes.flatMap(({ inputs }) => inputs));
    const kept = this.constants.filter(({ value }) => read.has(value));
    this.constants.splice(0, this.constants.length, ...kept);
  }
}

/** Number of elements. */
export function countOf({ shape }: Pick<Value, 'shape'>): number {
  return product(shape);
}

/** A number as float32, in as few digits as tell it from its neighbours. */
function floatText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const float = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(float.toPrecision(digits)));
    if (Math.fround(Number(text)) === float) return text;
  }
  return String(float);
}
