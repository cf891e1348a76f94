/** A constant added to each channel of a convolution or product that has no bias: its bias. */
import { product } from '../../shapes.js';
import { isOp, line, madeBy, perChannel, withConstant } from './match.js';
import type { Pattern } from './pattern.js';

export const foldBias: Pattern = {
  name: 'bias',
  doc: 'an Add of a constant after a Conv, ConvTranspose, Gemm or MatMul without one',
  apply(context) {
    const { graph, values, node } = context;
    if (!isOp(node, 'Add')) return;
    const added = withConstant(context, node);
    const before = added && madeBy(context, added.x, 'Conv', 'ConvTranspose', 'Gemm', 'MatMul');
    if (!added || !before || !graph.onlyReader(added.x, node)) return;
    const [x = '', weight = '', bias = ''] = before.inputs;
    const w = values.constant(weight);
    const shape = values.type(added.x)?.shape;
    if (bias !== '' || !w || !shape || values.type(node.outputs[0]!)?.shape.join() !== shape.join()) return;
    const { op, domain, opset, attributes, name } = before;
    if (op === 'MatMul') {
      // The product over the last axis becomes a Gemm where it is one of matrices, and an InnerProduct with its own axis else.
      const outputs = shape.at(-1)!;
      const constant = added.constant;
      const isRow = constant.data.length === outputs && product(constant.shape, 0, constant.shape.length - 1) === 1;
      if (w.shape.length !== 2 || !isRow) return;
      const terms = graph.addConstant(line(Float64Array.from(constant.data)), graph.freshName(added.name));
      node.name = name;
      graph.rewrite(node, { op: 'MatMulBias', inputs: [x, weight, terms] });
      return;
    }
    const channels = shape[1]!;
    const values1 = perChannel(added.constant, channels, shape.length);
    if (!values1 || (op === 'Gemm' && attributes.float('beta', 1) !== 1)) return;
    node.name = name;
    graph.rewrite(node, {
      op,
      domain,
      opset,
      attributes,
      inputs: [x, weight, graph.addConstant(line(values1), graph.freshName(added.name))],
    });
  },
};
