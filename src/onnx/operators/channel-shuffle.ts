/** Channels of g groups dealt out in turn: what a pattern makes of Reshape, Transpose and Reshape. */
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { mix, neuron } from './shared/layers.js';
import { selectNumbers } from './shared/select.js';

/** For each channel of the result, the one that it was. */
function orderOf(c: NodeContext): number[] {
  const channels = c.shape(0)[1]!;
  const group = c.attributes.int('group', 1);
  return Array.from({ length: channels }, (_, i) => (i % group) * (channels / group) + Math.floor(i / group));
}

export const channelShuffleOperator: Operator = {
  type: 'ChannelShuffle',
  domain: 'netspec',
  caffe: 'Convolution by a permutation; ShuffleChannel where the target has it',
  grade: 'cheap',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (c, [x]) => [{ ...x!, data: selectNumbers(x!.data, x!.shape, 1, orderOf(c)) }],
  emit: (c) => {
    const x = c.blob(0);
    if (c.target.has('ShuffleChannel')) {
      c.set(neuron(c, 'ShuffleChannel', x, { group: c.attributes.int('group', 1) }));
      return;
    }
    const order = orderOf(c);
    const values = (): Float32Array => {
      const matrix = new Float32Array(order.length ** 2);
      order.forEach((from, to) => (matrix[to * order.length + from] = 1));
      return matrix;
    };
    c.set(mix(c, x, order.length, values, { role: 'shuffle' }));
  },
};
