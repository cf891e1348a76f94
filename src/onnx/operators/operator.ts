/** What each file in this folder says of its operator. */
import type { EmitContext } from '../emit/emit-context.js';
import type { ValueType } from '../graph/graph.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Tensor } from '../schema/model.js';

export interface Operator {
  /** ONNX's name. Operators that patterns make have names of their own. */
  readonly type: string;
  /** `netspec` for those that patterns make. Default: ONNX's own, ''. */
  readonly domain?: string;
  /** One line for the table in docs/onnx.md: the Caffe layers that it becomes. */
  readonly caffe: string;
  /** For the table: conditions, and what is refused. */
  readonly notes?: string;
  /** How many inputs it must have, where its shape rule does not ask for each of them. */
  readonly least?: number;
  readonly grade: 'direct' | 'cheap' | 'heavy' | 'approximate' | 'constant only' | 'refused';
  /**
   * Types and shapes of the outputs, one for each that the node has.
   * @throws Refusal when the inputs do not fit
   */
  infer(context: NodeContext): ValueType[];
  /**
   * The reference: values of the outputs, computed in double precision.
   * @throws Refusal
   */
  evaluate(context: NodeContext, inputs: readonly (Tensor | undefined)[]): Tensor[];
  /**
   * Adds the layers. Absent for what Caffe cannot express, unless all inputs are constant.
   * @throws Refusal
   */
  emit?(context: EmitContext): void;
}
