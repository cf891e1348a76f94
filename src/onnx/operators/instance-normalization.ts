/** InstanceNormalization: each channel of each image by its own mean and variance. */
import { product } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import type { Operator } from './operator.js';
import { scale } from './shared/layers.js';
import { normalizeLines, normalizeNumbers } from './shared/normalize.js';

export const instanceNormalization: Operator = {
  type: 'InstanceNormalization',
  caffe: 'Reshape, BatchNorm {use_global_stats: false}, Reshape, Scale',
  grade: 'cheap',
  least: 3,
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (c, [x, gamma, beta]) => {
    const [batch, channels] = x!.shape as [number, number];
    const inner = product(x!.shape, 2);
    const data = normalizeNumbers(x!, batch * channels, c.attributes.float('epsilon', 1e-5));
    return [
      {
        shape: x!.shape,
        type: x!.type,
        data: data.map((value, i) => {
          const channel = Math.floor(i / inner) % channels;
          return value * gamma!.data[channel]! + beta!.data[channel]!;
        }),
      },
    ];
  },
  emit: (c) => {
    const x = c.blob(0);
    const [gamma, beta] = [c.constant(1), c.constant(2)];
    const [batch, channels] = x.shape as [number, number];
    const normal = normalizeLines(c, x, batch * channels, c.attributes.float('epsilon', 1e-5));
    if (!gamma || !beta) throw new Refusal('its scale or bias is computed while the model runs');
    const isPlain = gamma.data.every((value) => value === 1) && beta.data.every((value) => value === 0);
    c.set(isPlain ? normal : scale(c, normal, 1, [channels], gamma.data, beta.data));
  },
};
