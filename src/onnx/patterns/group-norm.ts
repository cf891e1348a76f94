/** Reshape to groups, InstanceNormalization, Reshape back, Mul and Add: a group normalization. */
import { Attributes } from '../graph/attributes.js';
import { isOp, line, madeBy, perChannel, withConstant } from './match.js';
import type { Pattern } from './pattern.js';

export const groupNorm: Pattern = {
  name: 'GroupNorm',
  doc: 'Reshape, InstanceNormalization, Reshape, Mul, Add',
  apply(context) {
    const { graph, node, values } = context;
    if (!isOp(node, 'Add')) return;
    const added = withConstant(context, node);
    const mul = added && madeBy(context, added.x, 'Mul');
    const factor = mul && withConstant(context, mul);
    const back = factor && madeBy(context, factor.x, 'Reshape');
    const normal = madeBy(context, back?.inputs[0], 'InstanceNormalization');
    const there = madeBy(context, normal?.inputs[0], 'Reshape');
    if (!added || !factor || !back || !normal || !there) return;
    const x = there.inputs[0]!;
    const [shape, grouped] = [values.type(x)?.shape, values.type(there.outputs[0]!)?.shape];
    if (!shape || !grouped || values.type(node.outputs[0]!)?.shape.join() !== shape.join() || grouped[0] !== shape[0])
      return;
    const groups = grouped[1]!;
    const [gamma, beta] = [values.constant(normal.inputs[1]!), values.constant(normal.inputs[2]!)];
    if (
      shape[1]! % groups !== 0 ||
      !gamma?.data.every((value) => value === 1) ||
      !beta?.data.every((value) => value === 0)
    )
      return;
    const [factors, terms] = [factor, added].map(({ constant }) => perChannel(constant, shape[1]!, shape.length));
    if (!factors || !terms) return;
    graph.rewrite(node, {
      op: 'GroupNormalization',
      domain: '',
      opset: 21,
      inputs: [x, graph.addConstant(line(factors)), graph.addConstant(line(terms))],
      attributes: Attributes.of({ num_groups: groups, epsilon: { float: normal.attributes.float('epsilon', 1e-5) } }),
    });
  },
};
