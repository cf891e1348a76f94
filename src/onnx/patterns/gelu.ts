/** x/2 · (1 + erf(x/√2)) in any order of its factors, and its form with a hyperbolic tangent. */
import { Attributes } from '../graph/attributes.js';
import { isOp, madeBy, near, scalar, withConstant } from './match.js';
import type { Pattern, PatternContext } from './pattern.js';

export const geluPattern: Pattern = {
  name: 'GELU',
  doc: 'x/2 · (1 + erf(x/√2)), and x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))',
  apply(context) {
    const { graph, node } = context;
    if (!isOp(node, 'Mul')) return;
    // The factors: x, ½ and the gate, in whatever order they are multiplied.
    const { factor, parts } = factors(context, node.outputs[0]!);
    if (parts.length !== 2 || !near(factor, 0.5)) return;
    for (const [x, gate] of [parts, parts.toReversed()] as [string, string][]) {
      const add = madeBy(context, gate, 'Add');
      const added = add && withConstant(context, add);
      if (!added || added.constant.data.length !== 1 || !near(added.constant.data[0], 1)) continue;
      const erf = madeBy(context, added.x, 'Erf');
      if (erf && scaled(context, erf.inputs[0]!, Math.SQRT1_2) === x) {
        graph.rewrite(node, { op: 'Gelu', domain: '', opset: 20, inputs: [x], attributes: new Attributes() });
        return;
      }
      const tanh = madeBy(context, added.x, 'Tanh');
      const inner = tanh && scaled(context, tanh.inputs[0]!, Math.sqrt(2 / Math.PI));
      if (inner !== undefined && isCubic(context, inner, x)) {
        graph.rewrite(node, {
          op: 'Gelu',
          domain: '',
          opset: 20,
          inputs: [x],
          attributes: Attributes.of({ approximate: 'tanh' }),
        });
        return;
      }
    }
  },
};

/** A product's constant factor and its other factors; looks through Mul and Div by constants, not into sums. */
function factors(context: PatternContext, value: string, depth = 0): { factor: number; parts: string[] } {
  const node = depth < 4 ? madeBy(context, value, 'Mul', 'Div') : undefined;
  // A factor that others read is one by itself.
  if (!node || (depth > 0 && context.graph.readers(value).length > 1)) return { factor: 1, parts: [value] };
  const given = withConstant(context, node);
  if (given && given.constant.data.length === 1 && (node.op === 'Mul' || given.index === 1)) {
    const inner = factors(context, given.x, depth + 1);
    const number = given.constant.data[0]!;
    return { factor: node.op === 'Mul' ? inner.factor * number : inner.factor / number, parts: inner.parts };
  }
  if (node.op === 'Div' || given) return { factor: 1, parts: [value] };
  const [a, b] = node.inputs.map((input) => factors(context, input, depth + 1)) as [
    ReturnType<typeof factors>,
    ReturnType<typeof factors>,
  ];
  return { factor: a.factor * b.factor, parts: [...a.parts, ...b.parts] };
}

/** What is multiplied by a factor. */
function scaled(context: PatternContext, value: string, factor: number): string | undefined {
  const node = madeBy(context, value, 'Mul', 'Div');
  const given = node && withConstant(context, node);
  if (!given || given.constant.data.length !== 1) return undefined;
  const number = given.constant.data[0]!;
  if (node.op === 'Mul') return near(number, factor) ? given.x : undefined;
  return given.index === 1 && near(1 / number, factor) ? given.x : undefined;
}

/** Whether a value is x + 0.044715 x³. */
function isCubic(context: PatternContext, value: string, x: string): boolean {
  const add = madeBy(context, value, 'Add');
  const part = add?.inputs.find((input) => input !== x);
  if (!add || part === undefined || !add.inputs.includes(x)) return false;
  const cube = scaled(context, part, 0.044715);
  if (cube === undefined) return false;
  const pow = madeBy(context, cube, 'Pow');
  if (pow) return pow.inputs[0] === x && near(scalar(context, pow.inputs[1]), 3);
  const { factor, parts } = factors(context, cube);
  return factor === 1 && parts.length === 3 && parts.every((each) => each === x);
}
