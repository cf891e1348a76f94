/** Reshape, Transpose, Reshape that give channels another order, or pixels to channels: one layer each. */
import { sameShape } from '../../shapes.js';
import { Attributes } from '../graph/attributes.js';
import { isOp, madeBy } from './match.js';
import type { Pattern } from './pattern.js';

export const channelShuffle: Pattern = {
  name: 'channel shuffle',
  doc: 'Reshape to (N, g, C/g, H, W), Transpose, Reshape: a Convolution by a permutation, or ShuffleChannel where the target has it',
  apply(context) {
    const { graph, node, values } = context;
    if (!isOp(node, 'Reshape')) return;
    const turn = madeBy(context, node.inputs[0], 'Transpose');
    const there = madeBy(context, turn?.inputs[0], 'Reshape');
    if (!turn || !there) return;
    const x = there.inputs[0]!;
    const [shape, inner] = [values.type(x)?.shape, values.type(there.outputs[0]!)?.shape];
    const result = values.type(node.outputs[0]!)?.shape;
    if (!shape || !inner || !result || shape.length !== 4 || !sameShape(shape, result)) return;
    const perm = turn.attributes.ints('perm') ?? [];
    // (N, g, C/g, rest…) with the two exchanged.
    const [batch, g, per] = inner as [number, number, number];
    const isExchange = inner.length >= 4 && perm.join() === [0, 2, 1, ...inner.slice(3).map((_, i) => i + 3)].join();
    if (!isExchange || batch !== shape[0] || g * per !== shape[1]) return;
    graph.rewrite(node, { op: 'ChannelShuffle', inputs: [x], attributes: Attributes.of({ group: g }) });
  },
};
