/** (x − mean) / √(variance + ε) written out, over the last axes. */
import { Attributes } from '../graph/attributes.js';
import { NodeContext } from '../graph/node-context.js';
import { reducedAxes } from '../operators/shared/reduce.js';
import type { Node } from '../graph/graph.js';
import { isOp, madeBy, near, scalar, withConstant } from './match.js';
import type { Pattern, PatternContext } from './pattern.js';

export const layerNorm: Pattern = {
  name: 'LayerNorm',
  doc: 'ReduceMean, Sub, Pow, ReduceMean, Add, Sqrt, Div over the last axes, with the Mul and Add that follow',
  apply(context) {
    const { graph, node, values } = context;
    if (!isOp(node, 'Div')) return;
    const found = normalized(context, node);
    if (!found) return;
    const { x, axis, epsilon } = found;
    const tail = values.type(x)!.shape.slice(axis);
    const ones = graph.addConstant({
      shape: tail,
      type: 'float',
      data: new Float32Array(tail.reduce((a, b) => a * b, 1)).fill(1),
    });
    const attributes = (): Attributes => Attributes.of({ axis, epsilon: { float: epsilon } });
    // The Mul and the Add behind it, where they are of the same axes.
    const mul = only(context, node, 'Mul');
    const gamma = mul && withConstant(context, mul);
    const add = mul && gamma && gamma.constant.shape.join() === tail.join() ? only(context, mul, 'Add') : undefined;
    const beta = add && withConstant(context, add);
    if (gamma && beta && beta.constant.shape.join() === tail.join())
      graph.rewrite(add, {
        op: 'LayerNormalization',
        domain: '',
        opset: 17,
        inputs: [x, gamma.name, beta.name],
        attributes: attributes(),
      });
    else if (mul && gamma && gamma.constant.shape.join() === tail.join())
      graph.rewrite(mul, {
        op: 'LayerNormalization',
        domain: '',
        opset: 17,
        inputs: [x, gamma.name],
        attributes: attributes(),
      });
    else
      graph.rewrite(node, {
        op: 'LayerNormalization',
        domain: '',
        opset: 17,
        inputs: [x, ones],
        attributes: attributes(),
      });
  },
};

function only({ graph }: PatternContext, node: Node, op: string): Node | undefined {
  const readers = graph.readers(node.outputs[0]!);
  const [reader] = readers;
  return readers.length === 1 && !graph.outputs.includes(node.outputs[0]!) && isOp(reader, op) ? reader : undefined;
}

function normalized(context: PatternContext, div: Node): { x: string; axis: number; epsilon: number } | undefined {
  const sub = madeBy(context, div.inputs[0], 'Sub');
  const sqrt = madeBy(context, div.inputs[1], 'Sqrt', 'Pow');
  const mean = madeBy(context, sub?.inputs[1], 'ReduceMean');
  const x = sub?.inputs[0];
  if (!sub || !sqrt || !mean || x === undefined || mean.inputs[0] !== x) return undefined;
  if (sqrt.op === 'Pow' && !near(scalar(context, sqrt.inputs[1]), 0.5)) return undefined;
  const add = madeBy(context, sqrt.inputs[0], 'Add');
  const added = add && withConstant(context, add);
  const variance = added && madeBy(context, added.x, 'ReduceMean');
  if (!added || !variance || added.constant.data.length !== 1) return undefined;
  const square = madeBy(context, variance.inputs[0], 'Pow', 'Mul');
  // Some exporters compute the difference twice.
  const isDifference = (value: string | undefined): boolean => {
    if (value === sub.outputs[0]) return true;
    const again = madeBy(context, value, 'Sub');
    return again?.inputs.join() === sub.inputs.join();
  };
  if (!square || !isDifference(square.inputs[0])) return undefined;
  if (square.op === 'Pow' ? !near(scalar(context, square.inputs[1]), 2) : !isDifference(square.inputs[1]))
    return undefined;
  const rank = context.values.type(x)?.shape.length;
  if (rank === undefined) return undefined;
  const axes = [mean, variance].map((each) => reducedAxes(new NodeContext(each, context.values), 18));
  const [axis] = axes[0]!;
  const isTail = axis !== undefined && axes[0]!.length === rank - axis && axes[1]!.join() === axes[0]!.join();
  const keeps = [mean, variance].every((each) => each.attributes.int('keepdims', 1) !== 0);
  return isTail && keeps ? { x, axis, epsilon: added.constant.data[0]! } : undefined;
}
