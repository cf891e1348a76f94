/** Reshape, Transpose, Reshape that give channels another order, or pixels to channels: one layer each. */
import { sameShape } from '../../shapes.js';
import { Attributes } from '../graph/attributes.js';
import { reshapedTurn } from './match.js';
import type { Pattern } from './pattern.js';

export const channelShuffle: Pattern = {
  name: 'channel shuffle',
  doc: 'Reshape to (N, g, C/g, H, W), Transpose, Reshape: a Convolution by a permutation, or ShuffleChannel where the target has it',
  apply(context) {
    const turn = reshapedTurn(context);
    if (!turn) return;
    const { x, shape, inner, result, perm } = turn;
    if (!shape || !inner || !result || shape.length !== 4 || !sameShape(shape, result)) return;
    // (N, g, C/g, rest…) with the two exchanged.
    const [batch, g, per] = inner as [number, number, number];
    const isExchange = inner.length >= 4 && perm.join() === [0, 2, 1, ...inner.slice(3).map((_, i) => i + 3)].join();
    if (!isExchange || batch !== shape[0] || g * per !== shape[1]) return;
    context.graph.rewrite(context.node, { op: 'ChannelShuffle', inputs: [x], attributes: Attributes.of({ group: g }) });
  },
};
