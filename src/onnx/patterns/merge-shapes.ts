/** Changes of shape one after another, and transpositions one after another. */
import { Attributes } from '../graph/attributes.js';
import { madeBy } from './match.js';
import type { Pattern } from './pattern.js';

const SHAPES = ['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity'] as const;

export const mergeShapes: Pattern = {
  name: 'chains of Reshape or Transpose',
  doc: 'one of them, or none',
  apply(context) {
    const { graph, node, values } = context;
    const shape = values.type(node.outputs[0] ?? '')?.shape;
    if (!shape) return;
    if (node.domain !== '') return;
    if ((SHAPES as readonly string[]).includes(node.op)) {
      let x = node.inputs[0]!;
      for (let before = madeBy(context, x, ...SHAPES); before; before = madeBy(context, x, ...SHAPES))
        x = before.inputs[0]!;
      if (x !== node.inputs[0])
        graph.rewrite(node, {
          op: 'Reshape',
          domain: '',
          opset: 1,
          inputs: [x],
          attributes: Attributes.of({ shape, allowzero: 1 }),
        });
      return;
    }
    if (node.op !== 'Transpose') return;
    const before = madeBy(context, node.inputs[0], 'Transpose');
    if (!before) return;
    const rank = shape.length;
    const perm = (attributes: Attributes): readonly number[] =>
      attributes.ints('perm') ?? shape.map((_, axis) => rank - 1 - axis);
    const [first, second] = [perm(before.attributes), perm(node.attributes)];
    const joined = second.map((axis) => first[axis]!);
    if (joined.every((axis, i) => axis === i))
      graph.rewrite(node, { op: 'Identity', domain: '', opset: 1, inputs: [before.inputs[0]!] });
    else
      graph.rewrite(node, {
        op: 'Transpose',
        domain: '',
        opset: 13,
        inputs: [before.inputs[0]!],
        attributes: Attributes.of({ perm: joined }),
      });
  },
};
