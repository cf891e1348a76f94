/** Local response normalization as torch's exporter writes it. */
import { Attributes } from '../graph/attributes.js';
import { NodeContext } from '../graph/node-context.js';
import type { Node } from '../graph/graph.js';
import { isOp, madeBy, scalar, withConstant } from './match.js';
import type { Pattern, PatternContext } from './pattern.js';

export const lrnPattern: Pattern = {
  name: 'LRN',
  doc: 'Mul by itself, Unsqueeze, Pad, AveragePool over channels, Squeeze, Mul, Add, Pow, Div: LRN',
  apply(context) {
    const { graph, node, values } = context;
    if (!isOp(node, 'Div')) return;
    const x = node.inputs[0]!;
    const pow = madeBy(context, node.inputs[1], 'Pow');
    const beta = pow && scalar(context, pow.inputs[1]);
    const add = madeBy(context, pow?.inputs[0], 'Add');
    const added = add && withConstant(context, add);
    const mul = added && madeBy(context, added.x, 'Mul');
    const times = mul && withConstant(context, mul);
    if (beta === undefined || !added || !times || added.constant.data.length !== 1 || times.constant.data.length !== 1)
      return;
    let at = behind(context, times.x, 'Squeeze', 'Reshape');
    const pool = madeBy(context, at, 'AveragePool');
    const kernel = pool?.attributes.ints('kernel_shape');
    if (!pool || !kernel || kernel.length < 2 || kernel.slice(1).some((size) => size !== 1)) return;
    const size = kernel[0]!;
    if ((pool.attributes.ints('strides') ?? []).some((stride) => stride !== 1)) return;
    at = pool.inputs[0]!;
    const padded = madeBy(context, at, 'Pad');
    const before = padded ? padOf(context, padded) : (pool.attributes.ints('pads') ?? [])[0];
    if (before !== Math.floor(size / 2) || size % 2 === 0) return;
    if (!padded && pool.attributes.int('count_include_pad', 0) === 0) return;
    const square = madeBy(
      context,
      behind(context, padded ? padded.inputs[0]! : at, 'Unsqueeze', 'Reshape'),
      'Mul',
      'Pow',
    );
    const isSquare =
      square?.op === 'Mul'
        ? square.inputs[0] === x && square.inputs[1] === x
        : square?.inputs[0] === x && scalar(context, square.inputs[1]) === 2;
    if (!square || !isSquare || (values.type(x)?.shape.length ?? 0) < 3) return;
    graph.rewrite(node, {
      op: 'LRN',
      domain: '',
      opset: 13,
      inputs: [x],
      attributes: Attributes.of({
        size,
        alpha: { float: times.constant.data[0]! },
        beta: { float: beta },
        bias: { float: added.constant.data[0]! },
      }),
    });
  },
};

/** What is behind nodes that only give another shape. */
function behind(context: PatternContext, value: string, ...ops: readonly string[]): string {
  let at = value;
  for (let node = madeBy(context, at, ...ops); node; node = madeBy(context, at, ...ops)) at = node.inputs[0]!;
  return at;
}

/** Elements that a Pad puts before the channels, which are the only axis that it pads. */
function padOf(context: PatternContext, node: Node): number | undefined {
  const given = new NodeContext(node, context.values);
  const pads = node.attributes.ints('pads') ?? given.constant(1)?.data;
  if (!pads) return undefined;
  const used = Array.from(pads).filter((pad) => pad !== 0);
  return used.length === 2 && used[0] === used[1] ? used[0] : undefined;
}
