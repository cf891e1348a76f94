/** log(1 + exp(x)) written out. */
import { isOp, madeBy, near, withConstant } from './match.js';
import type { Pattern } from './pattern.js';

export const softplusPattern: Pattern = {
  name: 'Softplus',
  doc: 'Log(1 + Exp(x)): BNLL',
  apply(context) {
    const { graph, node } = context;
    if (!isOp(node, 'Log')) return;
    const add = madeBy(context, node.inputs[0], 'Add');
    const added = add && withConstant(context, add);
    if (!added || added.constant.data.length !== 1 || !near(added.constant.data[0], 1)) return;
    const exp = madeBy(context, added.x, 'Exp');
    if (exp) graph.rewrite(node, { op: 'Softplus', domain: '', opset: 1, inputs: [exp.inputs[0]!] });
  },
};
