/** What patterns ask of a graph. */
import { product } from '../../shapes.js';
import type { Node } from '../graph/graph.js';
import type { Tensor } from '../schema/model.js';
import type { PatternContext } from './pattern.js';

/** Whether a node is of one of ONNX's operators. */
export function isOp(node: Node | undefined, ...ops: readonly string[]): node is Node {
  return node !== undefined && (node.domain === '' || node.domain === 'netspec') && ops.includes(node.op);
}

/** The node that makes a value, if it is of one of these operators. */
export function madeBy(
  { graph }: PatternContext,
  value: string | undefined,
  ...ops: readonly string[]
): Node | undefined {
  const node = value === undefined ? undefined : graph.producer(value);
  return isOp(node, ...ops) ? node : undefined;
}

/** The one value of a constant that has one. */
export function scalar({ values }: PatternContext, value: string | undefined): number | undefined {
  const constant = value === undefined || value === '' ? undefined : values.constant(value);
  return constant && product(constant.shape) === 1 ? constant.data[0] : undefined;
}

/** Whether a number is another, as far as float32 can tell. */
export function near(a: number | undefined, b: number): boolean {
  return a !== undefined && Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(b));
}

/** Of a node of two inputs, the computed one and the constant one. */
export function withConstant(
  { values }: PatternContext,
  node: Node,
): { x: string; constant: Tensor; name: string; index: 0 | 1 } | undefined {
  const [a = '', b = ''] = node.inputs;
  const [first, second] = [values.constant(a), values.constant(b)];
  if (second && !first) return { x: a, constant: second, name: b, index: 1 };
  if (first && !second) return { x: b, constant: first, name: a, index: 0 };
  return undefined;
}

/** Of a node of two inputs, `x` and the other; undefined where `x` is neither. */
export function otherInput(node: Node, x: string): string | undefined {
  const [a, b] = node.inputs;
  return a === x ? b : b === x ? a : undefined;
}

/** A tensor of one axis. */
export function line(data: Float64Array | Float32Array | readonly number[]): Tensor {
  return {
    shape: [data.length],
    type: 'float',
    data: data instanceof Float32Array || data instanceof Float64Array ? data : Float64Array.from(data),
  };
}

/** The values of a constant that has one for each channel (axis 1 of `rank` axes), or one for all. */
export function perChannel(constant: Tensor, channels: number, rank: number): Float64Array | undefined {
  if (product(constant.shape) === 1) return new Float64Array(channels).fill(constant.data[0]!);
  // Aligned at the end, the channels are `rank − 2` axes before the last.
  const shape = constant.shape;
  const place = shape.length - (rank - 1);
  const isPlaced = place >= 0 && shape[place] === channels && shape.every((dim, axis) => axis === place || dim === 1);
  return isPlaced ? Float64Array.from(constant.data) : undefined;
}

/** Reshape, Transpose, Reshape: what it reads, the shapes on the way as far as they are known, and the order of the axes. */
export function reshapedTurn(context: PatternContext):
  | {
      x: string;
      shape: readonly number[] | undefined;
      /** Between the first Reshape and the Transpose. */
      inner: readonly number[] | undefined;
      result: readonly number[] | undefined;
      perm: readonly number[];
    }
  | undefined {
  const { node, values } = context;
  if (!isOp(node, 'Reshape')) return undefined;
  const turn = madeBy(context, node.inputs[0], 'Transpose');
  const there = madeBy(context, turn?.inputs[0], 'Reshape');
  if (!turn || !there) return undefined;
  const x = there.inputs[0]!;
  const [shape, inner, result] = [x, there.outputs[0]!, node.outputs[0]!].map((name) => values.type(name)?.shape);
  return { x, shape, inner, result, perm: turn.attributes.ints('perm') ?? [] };
}
