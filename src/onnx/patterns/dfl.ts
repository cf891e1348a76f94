/** Distribution focal loss's decoding: Reshape, Transpose, Softmax over bins, and a 1x1 convolution that sums them. */
import { Attributes } from '../graph/attributes.js';
import { isOp, madeBy } from './match.js';
import type { Pattern } from './pattern.js';

export const dfl: Pattern = {
  name: 'DFL',
  doc: 'Reshape, Transpose, Softmax, Conv of one output: Softmax along the bins where they are, without the transposition',
  apply(context) {
    const { graph, node, values } = context;
    if (!isOp(node, 'Conv') || node.attributes.int('group', 1) !== 1) return;
    const softmax = madeBy(context, node.inputs[0], 'Softmax');
    const turn = madeBy(context, softmax?.inputs[0], 'Transpose');
    const w = values.constant(node.inputs[1]!);
    const x = turn?.inputs[0];
    const shape = x === undefined ? undefined : values.type(x)?.shape;
    if (!softmax || !turn || !w || x === undefined || shape?.length !== 4 || softmax.opset < 13) return;
    const axis = softmax.attributes.int('axis', -1);
    const isOne = w.shape[0] === 1 && w.shape.slice(2).every((dim) => dim === 1) && (node.inputs[2] ?? '') === '';
    const isPlain =
      (node.attributes.ints('strides') ?? []).every((s) => s === 1) &&
      (node.attributes.ints('pads') ?? []).every((p) => p === 0);
    if (turn.attributes.ints('perm')?.join() !== '0,2,1,3' || (axis !== 1 && axis !== -3) || !isOne || !isPlain) return;
    if (!graph.onlyReader(softmax.outputs[0]!, node) || !graph.onlyReader(turn.outputs[0]!, softmax)) return;
    // (N, 4, bins, anchors): along the bins, then their sum by weights.
    const soft = graph.freshName(softmax.outputs[0]!);
    graph.types.set(soft, { type: 'float', shape });
    graph.insertBefore(node, {
      name: softmax.name,
      op: 'Softmax',
      domain: '',
      opset: 13,
      inputs: [x],
      outputs: [soft],
      attributes: Attributes.of({ axis: 2 }),
    });
    graph.rewrite(node, {
      op: 'WeightedSum',
      inputs: [soft, graph.addConstant({ shape: [w.data.length], type: 'float', data: w.data })],
      attributes: Attributes.of({ axis: 2 }),
    });
  },
};
