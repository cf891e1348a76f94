/**
 * Transpositions moved behind the nodes that read them, until they meet those that undo them: models of TensorFlow have their channels
 * last, and their converter writes a Transpose around each convolution. BVLC's Caffe has no layer for one.
 */
import { inverseOrder, product } from '../../shapes.js';
import { Attributes } from '../graph/attributes.js';
import type { Node, WorkGraph } from '../graph/graph.js';
import { simplify, transposeNumbers } from '../operators/shared/transpose.js';
import type { AttributeValue } from '../schema/model.js';
import type { Pattern } from './pattern.js';

export const sinkTransposes: Pattern = {
  name: 'Transpose before element-wise operators, Concat, Pad, Slice, Softmax and means',
  doc: 'moved behind them, where it meets the Transpose that undoes it: the NHWC of TensorFlow',
  apply({ graph, node }) {
    // Once, for the whole graph.
    if (node !== graph.nodes[0] || graph.nodes.some(({ domain }) => domain === 'refused')) return;
    const copy = graph.copy();
    new Sinking(copy).run();
    copy.prune();
    if (costOf(copy) < costOf(graph)) graph.become(copy);
  },
};

/** Elements that are moved. */
function costOf(graph: WorkGraph): number {
  return graph.nodes.reduce((sum, node) => {
    const shape = graph.shape(node.inputs[0] ?? '');
    if (!isOnnx(node, 'Transpose') || !shape) return sum;
    return simplify(shape, permOf(node, shape.length)).perm.length > 1 ? sum + product(shape) : sum;
  }, 0);
}

function isOnnx(node: Node, op: string): boolean {
  return node.domain === '' && node.op === op;
}

function permOf({ attributes }: Node, rank: number): readonly number[] {
  return attributes.ints('perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
}

/** A value that is another one with its axes in another order. */
interface Turned {
  readonly x: string;
  readonly perm: readonly number[];
}

/** What a node becomes that reads what a Transpose reads: the inputs and attributes, and the order that is left to be made. */
interface Moved {
  readonly inputs: readonly string[];
  readonly attributes?: Attributes;
  /** Undefined where the result is the same. */
  readonly perm: readonly number[] | undefined;
}

class Sinking {
  readonly #turned = new Map<string, Turned>();
  readonly #same = new Map<string, string>();

  constructor(readonly graph: WorkGraph) {}

  run(): void {
    const { graph } = this;
    const nodes: Node[] = [];
    for (const node of graph.nodes) {
      node.inputs = node.inputs.map((input) => this.#same.get(input) ?? input);
      if (isOnnx(node, 'Transpose')) this.#transpose(node, nodes);
      else this.#other(node, nodes);
    }
    graph.nodes = nodes;
    graph.touch();
  }

  #transpose(node: Node, nodes: Node[]): void {
    const { graph } = this;
    const [input = '', output = ''] = [node.inputs[0], node.outputs[0]];
    const rank = graph.shape(input)?.length;
    if (rank !== undefined) {
      const before = this.#turned.get(input);
      const own = permOf(node, rank);
      const perm = before ? own.map((axis) => before.perm[axis]!) : own;
      const x = before?.x ?? input;
      const isSame = perm.every((axis, i) => axis === i);
      if (isSame && !graph.outputs.includes(output)) {
        this.#same.set(output, x);
        return;
      }
      Object.assign(node, { inputs: [x], attributes: Attributes.of({ perm }) });
      if (isSame) Object.assign(node, { op: 'Identity', attributes: new Attributes() });
      else this.#turned.set(output, { x, perm });
    }
    nodes.push(node);
  }

  #other(node: Node, nodes: Node[]): void {
    const { graph } = this;
    nodes.push(node);
    const [output = '', ...others] = node.outputs;
    const type = graph.types.get(output);
    if (node.domain !== '' || !type || others.some((name) => name !== '')) return;
    const moved = MOVES[node.op]?.(this, node);
    if (!moved) return;
    node.inputs = [...moved.inputs];
    if (moved.attributes) node.attributes = moved.attributes;
    if (!moved.perm) return;
    const { perm } = moved;
    const inner = graph.freshName(output);
    const shape = inverseOrder(perm).map((axis) => type.shape[axis]!);
    graph.types.set(inner, { type: type.type, shape });
    node.outputs = [inner];
    nodes.push({
      ...{ name: '', op: 'Transpose', domain: '', opset: 13 },
      ...{ inputs: [inner], outputs: [output], attributes: Attributes.of({ perm }) },
    });
    this.#turned.set(output, { x: inner, perm });
  }

  turned(value: string | undefined): Turned | undefined {
    return value === undefined ? undefined : this.#turned.get(value);
  }

  /** A constant of up to as many axes with these taken back to where they were. */
  turnedBack(name: string, perm: readonly number[]): string | undefined {
    const constant = this.graph.constants.get(name);
    if (!constant || constant.shape.length > perm.length) return undefined;
    if (product(constant.shape) === 1) return name;
    const shape = [...perm.slice(constant.shape.length).map(() => 1), ...constant.shape];
    const back = inverseOrder(perm);
    return this.graph.addConstant({
      ...constant,
      shape: back.map((axis) => shape[axis]!),
      data: transposeNumbers(constant.data, shape, back),
    });
  }

  ints(values: readonly number[]): string {
    return this.graph.addConstant({ shape: [values.length], type: 'int64', data: Float64Array.from(values) });
  }
}

type Move = (sinking: Sinking, node: Node) => Moved | undefined;

/** One input, whose elements are computed one by one. Others are constants of one value. */
const elementwise: Move = (sinking, { inputs: [x, ...others] }) => {
  const turned = sinking.turned(x);
  const fits = others.every((name) => name === '' || product(sinking.graph.constants.get(name)?.shape ?? [2]) === 1);
  return turned && fits ? { inputs: [turned.x, ...others], perm: turned.perm } : undefined;
};

/** Inputs that broadcast: all turned the same way, or constants. */
const broadcasting: Move = (sinking, node) => {
  if (node.opset < 7) return undefined;
  const perm = node.inputs.map((input) => sinking.turned(input)?.perm).find((each) => each !== undefined);
  if (!perm || perm.length !== sinking.graph.shape(node.outputs[0]!)?.length) return undefined;
  const inputs = node.inputs.map((input) => {
    const turned = sinking.turned(input);
    if (turned) return turned.perm.join() === perm.join() ? turned.x : undefined;
    return sinking.turnedBack(input, perm);
  });
  return inputs.every((input) => input !== undefined) ? { inputs, perm } : undefined;
};

const concat: Move = (sinking, node) => {
  const turned = node.inputs.map((input) => sinking.turned(input));
  const perm = turned[0]?.perm;
  if (!perm || turned.some((each) => each?.perm.join() !== perm.join())) return undefined;
  const axis = perm[canonical(node.attributes.int('axis', 1), perm.length)]!;
  return { inputs: turned.map((each) => each!.x), attributes: Attributes.of({ axis }), perm };
};

const softmax: Move = (sinking, node) => {
  const turned = sinking.turned(node.inputs[0]);
  // Before opset 13 all axes from one on count as one.
  if (!turned || node.opset < 13) return undefined;
  const axis = turned.perm[canonical(node.attributes.int('axis', -1), turned.perm.length)]!;
  return { inputs: [turned.x], attributes: Attributes.of({ axis }), perm: turned.perm };
};

const reduction: Move = (sinking, node) => {
  const turned = sinking.turned(node.inputs[0]);
  const { values: given, replaced } = givenInts(sinking, node, 'axes');
  if (!turned || !given || given.length === 0) return undefined;
  const { perm, x } = turned;
  const own = Array.from(given, (axis) => canonical(axis, perm.length));
  const axes = own.map((axis) => perm[axis]!);
  const keeps = node.attributes.int('keepdims', 1) !== 0;
  // What is left, and its order where axes are gone.
  const left = perm.filter((_, axis) => !own.includes(axis));
  const order = left.map((axis) => left.filter((other) => other < axis).length);
  const isInOrder = order.every((axis, i) => axis === i);
  return {
    ...replaced(x, axes),
    perm: keeps ? perm : isInOrder ? undefined : order,
  };
};

const pad: Move = (sinking, node) => {
  const turned = sinking.turned(node.inputs[0]);
  if (!turned || (node.inputs[3] ?? '') !== '') return undefined;
  const { perm, x } = turned;
  const name = node.attributes.has('pads') ? 'pads' : 'paddings';
  const { values: pads, replaced } = givenInts(sinking, node, name);
  if (pads?.length !== 2 * perm.length) return undefined;
  const back = inverseOrder(perm);
  const moved = [...back.map((axis) => pads[axis]!), ...back.map((axis) => pads[perm.length + axis]!)];
  return { ...replaced(x, moved), perm };
};

const slice: Move = (sinking, node) => {
  const turned = sinking.turned(node.inputs[0]);
  const [, starts = '', ends = '', axes = '', ...steps] = node.inputs;
  const given = sinking.graph.constants.get(axes)?.data;
  if (!turned || !given || node.opset < 10) return undefined;
  const { perm, x } = turned;
  const moved = sinking.ints([...given].map((axis) => perm[canonical(axis, perm.length)]!));
  return { inputs: [x, starts, ends, moved, ...steps], perm };
};

/** Whole numbers that are an attribute, or since a later opset the second input; and the node's inputs and attributes with others. */
function givenInts(
  sinking: Sinking,
  { inputs: [, second = '', ...others], attributes }: Node,
  name: string,
): { values: ArrayLike<number> | undefined; replaced: (x: string, values: readonly number[]) => Omit<Moved, 'perm'> } {
  if (second === '')
    return {
      values: attributes.ints(name),
      replaced: (x, values) => ({ inputs: [x], attributes: withInts(attributes, name, values) }),
    };
  return {
    values: sinking.graph.constants.get(second)?.data,
    replaced: (x, values) => ({ inputs: [x, sinking.ints(values), ...others] }),
  };
}

function canonical(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

function withInts({ values }: Attributes, name: string, value: readonly number[]): Attributes {
  return new Attributes(new Map<string, AttributeValue>([...values, [name, { kind: 'ints', value: [...value] }]]));
}

const of = (move: Move, ...ops: readonly string[]): [string, Move][] => ops.map((op) => [op, move]);

const MOVES: Readonly<Record<string, Move>> = Object.fromEntries([
  ...of(elementwise, 'Relu', 'Clip', 'Sigmoid', 'Tanh', 'HardSigmoid', 'HardSwish', 'LeakyRelu', 'Elu', 'Selu', 'Celu'),
  ...of(elementwise, 'Softplus', 'Softsign', 'Mish', 'Gelu', 'Erf', 'Abs', 'Neg', 'Exp', 'Log', 'Sqrt', 'Reciprocal'),
  ...of(elementwise, 'Cast', 'Identity'),
  ...of(broadcasting, 'Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Sum', 'Mean', 'Pow', 'PRelu'),
  ...of(concat, 'Concat'),
  ...of(softmax, 'Softmax', 'LogSoftmax'),
  ...of(reduction, 'ReduceMean', 'ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceL2'),
  ...of(pad, 'Pad'),
  ...of(slice, 'Slice'),
]);
