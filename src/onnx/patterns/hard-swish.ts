/** x · clip(x + 3, 0, 6) / 6, in the ways in which it is written. */
import type { Node } from '../graph/graph.js';
import { isOp, madeBy, near, otherInput, scalar, withConstant } from './match.js';
import type { Pattern, PatternContext } from './pattern.js';

export const hardSwish: Pattern = {
  name: 'HardSwish',
  doc: 'x · HardSigmoid(x) with alpha 1/6, or x · clip(x + 3, 0, 6) / 6',
  apply(context) {
    const { graph, node } = context;
    const x = ofGate(context) ?? ofClip(context);
    if (x !== undefined) graph.rewrite(node, { op: 'HardSwish', domain: '', opset: 14, inputs: [x] });
  },
};

/** x · gate, the gate being clip(x + 3, 0, 6) / 6 or a HardSigmoid. */
function ofGate(context: PatternContext): string | undefined {
  const { node } = context;
  if (!isOp(node, 'Mul')) return undefined;
  for (const input of node.inputs) {
    const x = otherInput(node, input);
    if (x === undefined) continue;
    const gate = madeBy(context, input, 'HardSigmoid');
    if (
      gate &&
      gate.inputs[0] === x &&
      near(gate.attributes.float('alpha', 0.2), 1 / 6) &&
      near(gate.attributes.float('beta', 0.5), 0.5)
    )
      return x;
    const divided = sixth(context, context.graph.producer(input));
    if (divided !== undefined && clipped(context, divided) === x) return x;
  }
  return undefined;
}

/** x · clip(x + 3, 0, 6), then divided by 6. */
function ofClip(context: PatternContext): string | undefined {
  const product = sixth(context, context.node);
  const mul = madeBy(context, product, 'Mul');
  if (!mul) return undefined;
  for (const input of mul.inputs) {
    const x = clipped(context, input);
    if (x !== undefined && otherInput(mul, input) === x) return x;
  }
  return undefined;
}

/** What a node divides by 6. */
function sixth(context: PatternContext, node: Node | undefined): string | undefined {
  if (!isOp(node, 'Div', 'Mul')) return undefined;
  const given = withConstant(context, node);
  if (!given || given.constant.data.length !== 1) return undefined;
  const [value] = given.constant.data;
  if (node.op === 'Div') return given.index === 1 && near(value, 6) ? given.x : undefined;
  return near(value, 1 / 6) ? given.x : undefined;
}

/** x of clip(x + 3, 0, 6). */
function clipped(context: PatternContext, value: string): string | undefined {
  const clip = madeBy(context, value, 'Clip');
  if (!clip) return undefined;
  const [low, high] =
    clip.opset < 11
      ? [clip.attributes.float('min'), clip.attributes.float('max')]
      : [scalar(context, clip.inputs[1]), scalar(context, clip.inputs[2])];
  const add = madeBy(context, clip.inputs[0], 'Add');
  const added = add && withConstant(context, add);
  const isIt = low === 0 && near(high, 6) && added?.constant.data.length === 1 && near(added.constant.data[0], 3);
  return isIt ? added.x : undefined;
}
