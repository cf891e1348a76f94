/** x · Sigmoid(x): Swish. */
import { Attributes } from '../graph/attributes.js';
import { isOp, madeBy, otherInput } from './match.js';
import type { Pattern } from './pattern.js';

export const silu: Pattern = {
  name: 'SiLU',
  doc: 'x · Sigmoid(x): Swish',
  apply(context) {
    const { graph, node } = context;
    if (!isOp(node, 'Mul')) return;
    for (const input of node.inputs) {
      const sigmoid = madeBy(context, input, 'Sigmoid');
      const x = sigmoid?.inputs[0];
      if (x === undefined || otherInput(node, input) !== x) continue;
      if (graph.readers(input).length > 1 || graph.outputs.includes(input)) continue;
      graph.rewrite(node, { op: 'Swish', domain: '', opset: 24, inputs: [x], attributes: new Attributes() });
      return;
    }
  },
};
