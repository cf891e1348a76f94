/** LRN: local response normalization across channels. */
import { product } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import type { Operator } from './operator.js';
import { reshape } from './shared/layers.js';

export const lrn: Operator = {
  type: 'LRN',
  caffe: 'LRN {norm_region: ACROSS_CHANNELS}',
  grade: 'direct',
  notes: 'size must be odd',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (c, [x]) => {
    const { attributes } = c;
    const size = attributes.int('size', 1);
    const [alpha, beta, k] = [
      attributes.float('alpha', 1e-4),
      attributes.float('beta', 0.75),
      attributes.float('bias', 1),
    ];
    const [channels, inner] = [x!.shape[1]!, product(x!.shape, 2)];
    const data = Float64Array.from(x!.data, (value, i) => {
      const channel = Math.floor(i / inner) % channels;
      const first = Math.max(0, channel - Math.floor((size - 1) / 2));
      const last = Math.min(channels - 1, channel + Math.ceil((size - 1) / 2));
      let sum = 0;
      for (let ch = first; ch <= last; ch++) sum += x!.data[i + (ch - channel) * inner]! ** 2;
      return value / (k + (alpha / size) * sum) ** beta;
    });
    return [{ ...x!, data }];
  },
  emit: (c) => {
    const { attributes } = c;
    const size = attributes.int('size', 1);
    if (size % 2 === 0) throw new Refusal(`size is ${size}; Caffe's LRN has odd sizes only`);
    const x = c.blob(0);
    const image = x.shape.length === 4 ? x : reshape(c, x, [x.shape[0]!, x.shape[1] ?? 1, 1, product(x.shape, 2)]);
    const k = attributes.float('bias', 1);
    const fields = {
      local_size: size,
      alpha: attributes.float('alpha', 1e-4),
      beta: attributes.float('beta', 0.75),
      ...(k !== 1 && { k }),
    };
    c.set(reshape(c, c.layer('LRN', [image], fields, image.shape), x.shape));
  },
};
