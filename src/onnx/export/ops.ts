/**
 * ONNX operators as functions: each adds a node and knows the shape of what it makes, and the form that the operator has in the
 * model's opset. Layers are written with them.
 */
import {
  ELEMENT_TYPES,
  type AttributeInputs,
  type GraphBuilder,
  type OutputDraft,
  type Value,
} from './graph-builder.js';
import { product, sameShape } from '../../shapes.js';

/** Since when a reduction takes its axes as an input, and no more as an attribute. */
const AXES_AS_INPUT: Readonly<Record<string, number>> = { ReduceSum: 13 };
const OTHER_AXES_AS_INPUT = 18;

export type Reduction = 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceL1' | 'ReduceL2' | 'ReduceSumSquare';

export type Unary =
  | 'Abs'
  | 'Cos'
  | 'Exp'
  | 'Elu'
  | 'HardSigmoid'
  | 'Identity'
  | 'LeakyRelu'
  | 'Log'
  | 'Neg'
  | 'Relu'
  | 'Sigmoid'
  | 'Softplus'
  | 'Sqrt'
  | 'Tanh';

export class Ops {
  constructor(readonly graph: GraphBuilder) {}

  get opset(): number {
    return this.graph.opset;
  }

  node(op: string, inputs: readonly (Value | undefined)[], output: OutputDraft, attributes?: AttributeInputs): Value {
    return this.graph.node(op, inputs, output, attributes);
  }

  /** A number. */
  scalar(value: number): Value {
    return this.graph.constant([value], []);
  }

  floats(data: ArrayLike<number>, shape: readonly number[] = [data.length]): Value {
    return this.graph.constant(data, shape);
  }

  ints(data: ArrayLike<number>, shape: readonly number[] = [data.length]): Value {
    return this.graph.constant(data, shape, 'int64');
  }

  unary(op: Unary, x: Value, attributes?: AttributeInputs): Value {
    return this.node(op, [x], { shape: x.shape, type: x.type }, attributes);
  }

  #binary(op: string, a: Value, b: Value | number, type = a.type): Value {
    const other = typeof b === 'number' ? this.graph.constant([b], [], a.type) : b;
    return this.node(op, [a, other], { shape: broadcast(a.shape, other.shape), type });
  }

  add(a: Value, b: Value | number): Value {
    return this.#binary('Add', a, b);
  }

  sub(a: Value, b: Value | number): Value {
    return this.#binary('Sub', a, b);
  }

  mul(a: Value, b: Value | number): Value {
    return this.#binary('Mul', a, b);
  }

  div(a: Value, b: Value | number): Value {
    return this.#binary('Div', a, b);
  }

  pow(a: Value, b: Value | number): Value {
    return this.#binary('Pow', a, b);
  }

  max(a: Value, b: Value | number): Value {
    return this.#binary('Max', a, b);
  }

  greater(a: Value, b: Value | number): Value {
    return this.#binary('Greater', a, b, 'bool');
  }

  less(a: Value, b: Value | number): Value {
    return this.#binary('Less', a, b, 'bool');
  }

  equal(a: Value, b: Value | number): Value {
    return this.#binary('Equal', a, b, 'bool');
  }

  and(a: Value, b: Value): Value {
    return this.#binary('And', a, b);
  }

  not(a: Value): Value {
    return this.node('Not', [a], { shape: a.shape, type: 'bool' });
  }

  where(condition: Value, a: Value | number, b: Value | number): Value {
    const type = typeof a === 'number' ? (typeof b === 'number' ? 'float' : b.type) : a.type;
    const [x, y] = [a, b].map((v) => (typeof v === 'number' ? this.graph.constant([v], [], type) : v)) as [
      Value,
      Value,
    ];
    return this.node('Where', [condition, x, y], {
      shape: broadcast(condition.shape, broadcast(x.shape, y.shape)),
      type,
    });
  }

  cast(x: Value, type: Value['type']): Value {
    const to = ELEMENT_TYPES[type];
    return x.type === type ? x : this.node('Cast', [x], { shape: x.shape, type }, { to });
  }

  /** Limited to an interval; either end may be open. */
  clip(x: Value, low: number | undefined, high: number | undefined): Value {
    const limit = (value: number | undefined) => (value === undefined ? undefined : this.scalar(value));
    return this.node('Clip', [x, limit(low), limit(high)], x.shape);
  }

  /** Other dimensions for the same values. The value itself where it has them. */
  reshape(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.shape, shape)) return x;
    // A dimension of 0 would mean that of x: it is said in full, and one that is not known is left to be computed.
    return this.node('Reshape', [x, this.ints(shape)], { shape, type: x.type });
  }

  transpose(x: Value, perm: readonly number[]): Value {
    if (perm.every((axis, i) => axis === i)) return x;
    return this.node(
      'Transpose',
      [x],
      { shape: perm.map((axis) => x.shape[axis]!), type: x.type },
      { perm: [...perm] },
    );
  }

  concat(values: readonly Value[], axis: number): Value {
    if (values.length === 1) return values[0]!;
    const size = values.reduce((sum, { shape }) => sum + shape[axis]!, 0);
    const { shape, type } = values[0]!;
    return this.node('Concat', values, { shape: shape.with(axis, size), type }, { axis });
  }

  /** Parts of the given sizes along an axis. */
  split(x: Value, axis: number, sizes: readonly number[]): Value[] {
    if (sizes.length === 1) return [x];
    const outputs = sizes.map((size) => ({ shape: x.shape.with(axis, size), type: x.type }));
    return this.opset < 13
      ? this.graph.nodeOf('Split', [x], outputs, { axis, split: [...sizes] })
      : this.graph.nodeOf('Split', [x, this.ints(sizes)], outputs, { axis });
  }

  /** From `start` to before `end` along each of some axes. */
  slice(x: Value, ranges: readonly { axis: number; start: number; end: number }[]): Value {
    const real = ranges.filter(({ axis, start, end }) => start !== 0 || end !== x.shape[axis]);
    if (real.length === 0) return x;
    const shape = [...x.shape];
    for (const { axis, start, end } of real) shape[axis] = end - start;
    const list = (key: 'axis' | 'start' | 'end') => this.ints(real.map((range) => range[key]));
    return this.node('Slice', [x, list('start'), list('end'), list('axis')], { shape, type: x.type });
  }

  /** The elements in reverse order along some axes. */
  reverse(x: Value, axes: readonly number[]): Value {
    const list = [...new Set(axes)].filter((axis) => x.shape[axis] !== 1);
    if (list.length === 0) return x;
    const all = (value: number) => this.ints(list.map(() => value));
    return this.node('Slice', [x, all(-1), all(-(2 ** 31)), this.ints(list), all(-1)], {
      shape: x.shape,
      type: x.type,
    });
  }

  /** Rows that whole-number indices name, along an axis. */
  gather(x: Value, indices: Value, axis: number): Value {
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return this.node('Gather', [x, indices], { shape, type: x.type }, { axis });
  }

  expand(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.shape, shape)) return x;
    return this.node('Expand', [x, this.ints(shape)], { shape, type: x.type });
  }

  tile(x: Value, repeats: readonly number[]): Value {
    const shape = x.shape.map((size, axis) => size * repeats[axis]!);
    return this.node('Tile', [x, this.ints(repeats)], { shape, type: x.type });
  }

  /** A constant around the value: how many elements before and behind along each axis; a negative number takes some away. */
  pad(x: Value, before: readonly number[], behind: readonly number[], value = 0): Value {
    if ([...before, ...behind].every((size) => size === 0)) return x;
    const shape = x.shape.map((size, axis) => size + before[axis]! + behind[axis]!);
    return this.node('Pad', [x, this.ints([...before, ...behind]), this.scalar(value)], shape, { mode: 'constant' });
  }

  reduce(op: Reduction, x: Value, axes: readonly number[], keepdims = true): Value {
    if (axes.length === 0) return x;
    const shape = keepdims
      ? x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
      : x.shape.filter((_, axis) => !axes.includes(axis));
    const flags = { keepdims: keepdims ? 1 : 0 };
    return this.opset >= (AXES_AS_INPUT[op] ?? OTHER_AXES_AS_INPUT)
      ? this.node(op, [x, this.ints(axes)], shape, flags)
      : this.node(op, [x], shape, { axes: [...axes], ...flags });
  }

  /** Along one axis, whatever the opset: before 13 the operator flattens everything from the axis on. */
  softmax(x: Value, axis: number): Value {
    const last = x.shape.length - 1;
    if (this.opset >= 13 || product(x.shape, axis + 1) === 1) return this.node('Softmax', [x], x.shape, { axis });
    const perm = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
    const moved = this.transpose(x, perm);
    return this.transpose(this.node('Softmax', [moved], moved.shape, { axis: last }), perm);
  }

  /** Products of the matrices in the last two axes. */
  matMul(a: Value, b: Value): Value {
    const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
    return this.node('MatMul', [a, b], [...batch, a.shape.at(-2)!, b.shape.at(-1)!]);
  }

  /** x · wᵀ + bias of matrices; w as it is with `transB` false. */
  gemm(x: Value, w: Value, bias: Value | undefined, transB = true): Value {
    const inputs = bias ? [x, w, bias] : [x, w];
    return this.node('Gemm', inputs, [x.shape[0]!, w.shape[transB ? 0 : 1]!], { transB: transB ? 1 : 0 });
  }

  /** Another size of the last axes by interpolation. */
  resize(
    x: Value,
    shape: readonly number[],
    { mode, coordinates, nearest }: { mode: 'linear' | 'nearest' | 'cubic'; coordinates: string; nearest?: string },
  ): Value {
    // Opset 11 wants a region of interest and scales, though neither is used.
    const none = this.opset < 13 ? this.floats([], [0]) : undefined;
    return this.node('Resize', [x, none, none, this.ints(shape)], shape, {
      mode,
      coordinate_transformation_mode: coordinates,
      nearest_mode: nearest,
    });
  }
}

/** The shape of what two shapes give together. */
export function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const length = Math.max(a.length, b.length);
  return Array.from({ length }, (_, i) => {
    const [x, y] = [a[a.length - length + i] ?? 1, b[b.length - length + i] ?? 1];
    if (x !== y && x !== 1 && y !== 1)
      throw new Error(`no common shape of ${a.join('x')} and ${b.join('x')}: a layer's ONNX form is wrong`);
    return x === 1 ? y : x;
  });
}

/** A shape with which a blob that spans axes from `axis` on is repeated over all other axes of `rank`. */
export function spanning(shape: readonly number[], axis: number, rank: number): number[] {
  return shape.length === 0 ? [] : [...shape, ...Array.from({ length: rank - axis - shape.length }, () => 1)];
}
