/** What an operator has at hand while it adds its layers: its node's blobs, the target, and ways to say what it costs. */
import { product } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import type { Node, ValueType } from '../graph/graph.js';
import { NodeContext, UnknownShape, type Values } from '../graph/node-context.js';
import type { Tensor } from '../schema/model.js';
import type { Blob, Builder, Fields, LayerOptions } from './builder.js';
import type { Target } from './target.js';

/** Something that the user should know of the net, or agree to. */
export interface Remark {
  readonly kind: 'heavy' | 'approximate' | 'note';
  readonly node: Node | undefined;
  readonly text: string;
}

export interface EmitOptions {
  readonly builder: Builder;
  readonly target: Target;
  /** Heavy constructions are written instead of refused. */
  readonly exactBvlc: boolean;
  readonly allowApproximate: boolean;
  readonly keepBatchNorm: boolean;
  readonly remarks: Remark[];
  readonly blobs: Map<string, Blob>;
  /** Whether a node, or the caller of the net, reads a value. */
  readonly isRead: (value: string) => boolean;
}

/** ONNX's scalars are blobs of one value. */
export function caffeShape(shape: readonly number[]): readonly number[] {
  return shape.length === 0 ? [1] : shape;
}

export class EmitContext extends NodeContext {
  constructor(
    node: Node,
    values: Values,
    readonly options: EmitOptions,
  ) {
    super(node, values);
  }

  get target(): Target {
    return this.options.target;
  }

  /** Whether an input is given and computed while the model runs. */
  isComputed(index: number): boolean {
    return this.has(index) && this.constant(index) === undefined;
  }

  /** The blob of an input; a constant becomes one. */
  blob(index: number): Blob {
    const name = this.node.inputs[index] ?? '';
    const blob = this.options.blobs.get(name);
    if (blob) {
      checkNotEmpty(blob.shape);
      return blob;
    }
    const constant = this.constant(index);
    if (!constant) throw new UnknownShape(name);
    return this.constantBlob(constant, name);
  }

  constantBlob(tensor: Tensor, key?: string): Blob {
    checkNotEmpty(tensor.shape);
    return this.options.builder.constant(caffeShape(tensor.shape), tensor.data, key);
  }

  /** Type and shape of an output. */
  output(index = 0): ValueType {
    const name = this.node.outputs[index] ?? '';
    const type = this.values.type(name);
    if (!type) throw new UnknownShape(name);
    return type;
  }

  /** Whether an output is given a name, and so may be read. */
  hasOutput(index: number): boolean {
    return (this.node.outputs[index] ?? '') !== '';
  }

  /** Says which blob an output is. */
  set(blob: Blob, index = 0): void {
    const name = this.node.outputs[index] ?? '';
    if (name === '') return;
    const expected = caffeShape(this.output(index).shape);
    if (product(blob.shape) !== product(expected) || blob.shape.length !== expected.length)
      throw new Error(`${this.node.op}: the blob is ${blob.shape.join('x')}, its value ${expected.join('x')}`);
    this.options.blobs.set(name, blob);
  }

  layer(
    type: string,
    bottoms: readonly Blob[],
    fields: Fields,
    shape: readonly number[],
    options?: LayerOptions,
  ): Blob {
    checkNotEmpty(shape);
    return this.options.builder.layer(type, bottoms, fields, shape, options);
  }

  split(
    type: string,
    bottoms: readonly Blob[],
    fields: Fields,
    shapes: readonly (readonly number[])[],
    options?: LayerOptions,
  ): Blob[] {
    shapes.forEach(checkNotEmpty);
    return this.options.builder.split(type, bottoms, fields, shapes, options);
  }

  remark(text: string): void {
    this.options.remarks.push({ kind: 'note', node: this.node, text });
  }

  /**
   * Says that the layers which follow are heavier than a user would write by hand.
   * @param small whether the construction is small enough to be written without being asked for
   * @throws Refusal unless it is, or heavy constructions are accepted
   */
  heavy(what: string, small: boolean): void {
    if (!small && !this.options.exactBvlc)
      throw new Refusal(
        `BVLC layers express it only by a heavy construction: ${what}`,
        'accept it with options.style exact-bvlc, name an options.target whose Caffe has a layer for it, or cut the model with options.outputs',
      );
    this.options.remarks.push({ kind: 'heavy', node: this.node, text: what });
  }

  /** @throws Refusal unless approximations are accepted */
  approximate(what: string, error: string): void {
    if (!this.options.allowApproximate)
      throw new Refusal(
        `Caffe has no such layer; it can be approximated: ${what}, error ${error}`,
        'accept it with options.allowApproximate',
      );
    this.options.remarks.push({ kind: 'approximate', node: this.node, text: `${what}, error ${error}` });
  }
}

function checkNotEmpty(shape: readonly number[]): void {
  if (shape.some((dim) => dim <= 0))
    throw new Refusal(
      `the value is empty: its shape is ${shape.join('x')}`,
      "Caffe's layers want at least one element",
    );
}
