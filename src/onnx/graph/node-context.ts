/** What an operator sees of a node: its attributes, and shapes, types and constant values of its inputs. */
import { product } from '../../shapes.js';
import type { DataType } from '../schema/data-types.js';
import type { Tensor } from '../schema/model.js';
import { Refusal, type Attributes } from './attributes.js';
import type { Node, ValueType } from './graph.js';

/** Looks up what is known of values. */
export interface Values {
  type(value: string): ValueType | undefined;
  constant(value: string): Tensor | undefined;
  /** The shape that the file declares for a value, where it declares one in full. */
  declared?(value: string): readonly number[] | undefined;
}

export class NodeContext {
  constructor(
    readonly node: Node,
    readonly values: Values,
  ) {}

  get attributes(): Attributes {
    return this.node.attributes;
  }

  /** Version of ONNX's operators that the node is of. */
  get opset(): number {
    return this.node.opset;
  }

  get inputCount(): number {
    return this.node.inputs.length;
  }

  /** Whether the optional input is given. */
  has(index: number): boolean {
    return (this.node.inputs[index] ?? '') !== '';
  }

  /** @throws Refusal when the input is missing, or its shape depends on data */
  input(index: number): ValueType {
    const name = this.node.inputs[index] ?? '';
    if (name === '') throw new Refusal(`input ${index} is missing`);
    const type = this.values.type(name);
    if (!type) throw new UnknownShape(name);
    return type;
  }

  shape(index: number): readonly number[] {
    return this.input(index).shape;
  }

  type(index: number): DataType {
    return this.input(index).type;
  }

  rank(index: number): number {
    return this.shape(index).length;
  }

  /** Values of an input that is constant; undefined when it is not given or computed. */
  constant(index: number): Tensor | undefined {
    const name = this.node.inputs[index] ?? '';
    return name === '' ? undefined : this.values.constant(name);
  }

  /**
   * Numbers of an input that must be constant; undefined when it is not given.
   * @throws Refusal when it is computed
   */
  numbers(index: number, what: string): number[] | undefined {
    if (!this.has(index)) return undefined;
    const tensor = this.constant(index);
    if (!tensor && !this.values.type(this.node.inputs[index]!)) throw new UnknownShape(this.node.inputs[index]!);
    if (!tensor)
      throw new Refusal(
        `${what} (input ${index}, '${this.node.inputs[index]!}') is computed while the model runs; Caffe's must be constant`,
        'fix the input shapes with options.inputShapes, or cut the model before this node with options.outputs',
      );
    return [...tensor.data];
  }

  /** Whole numbers of an attribute below a version, or of an input from it on. */
  intsFrom(attribute: string, index: number, since: number): readonly number[] | undefined {
    if (this.opset < since) return this.attributes.ints(attribute);
    return this.numbers(index, attribute) ?? this.attributes.ints(attribute);
  }

  /** @throws Refusal when there is no such axis */
  axis(axis: number, rank: number): number {
    const canonical = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(canonical) || canonical < 0 || canonical >= rank)
      throw new Refusal(`axis ${axis} is out of range for ${rank} axes`);
    return canonical;
  }

  /** Number of elements of an input. */
  count(index: number): number {
    return product(this.shape(index));
  }
}

/** A value whose shape is not known, since it depends on data or comes of a node that was refused. */
export class UnknownShape extends Refusal {
  constructor(readonly value: string) {
    super(`the shape of '${value}' is not known`);
  }
}
