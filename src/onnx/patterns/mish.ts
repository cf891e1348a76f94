/** x · Tanh(Softplus(x)): Mish. */
import { isOp, madeBy, otherInput } from './match.js';
import type { Pattern } from './pattern.js';

export const mishPattern: Pattern = {
  name: 'Mish',
  doc: 'x · Tanh(Softplus(x))',
  apply(context) {
    const { graph, node } = context;
    if (!isOp(node, 'Mul')) return;
    for (const input of node.inputs) {
      const tanh = madeBy(context, input, 'Tanh');
      const softplus = madeBy(context, tanh?.inputs[0], 'Softplus');
      const x = softplus?.inputs[0];
      if (x === undefined || otherInput(node, input) !== x) continue;
      graph.rewrite(node, { op: 'Mish', domain: '', opset: 18, inputs: [x] });
      return;
    }
  },
};
