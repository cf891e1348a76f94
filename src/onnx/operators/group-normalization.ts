/** GroupNormalization: the channels of each group together, by their mean and variance. */
import { product } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Numbers } from '../schema/data-types.js';
import type { Operator } from './operator.js';
import { scale } from './shared/layers.js';
import { normalizeLines, normalizeNumbers } from './shared/normalize.js';

function groupsOf(c: NodeContext): number {
  const groups = c.attributes.int('num_groups');
  if (!groups || c.shape(0)[1]! % groups !== 0)
    throw new Refusal(`num_groups ${groups ?? 'is missing'} for ${c.shape(0)[1]!} channels`);
  return groups;
}

/** One value for each channel: opset 18 gives one for each group. */
function perChannel(values: Numbers, channels: number): Float64Array {
  const times = channels / values.length;
  return Float64Array.from({ length: channels }, (_, i) => values[Math.floor(i / times)]!);
}

export const groupNormalization: Operator = {
  type: 'GroupNormalization',
  caffe: 'Reshape, BatchNorm {use_global_stats: false}, Reshape, Scale',
  grade: 'cheap',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (c, [x, gamma, beta]) => {
    const [batch, channels] = x!.shape as [number, number];
    const inner = product(x!.shape, 2);
    const data = normalizeNumbers(x!, batch * groupsOf(c), c.attributes.float('epsilon', 1e-5));
    const [factors, terms] = [perChannel(gamma!.data, channels), perChannel(beta!.data, channels)];
    data.forEach((value, i) => {
      const channel = Math.floor(i / inner) % channels;
      data[i] = value * factors[channel]! + terms[channel]!;
    });
    return [{ shape: x!.shape, type: x!.type, data }];
  },
  emit: (c) => {
    const x = c.blob(0);
    const [gamma, beta] = [c.constant(1), c.constant(2)];
    if (!gamma || !beta) throw new Refusal('its scale or bias is computed while the model runs');
    const [batch, channels] = x.shape as [number, number];
    const normal = normalizeLines(c, x, batch * groupsOf(c), c.attributes.float('epsilon', 1e-5));
    c.set(scale(c, normal, 1, [channels], perChannel(gamma.data, channels), perChannel(beta.data, channels)));
  },
};
