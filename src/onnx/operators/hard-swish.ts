/** HardSwish: x · HardSigmoid(x) with alpha 1/6 and beta 0.5. */
import { unary } from './shared/elementwise.js';
import { clip, eltwise, neuron, power } from './shared/layers.js';
export const hardSwish = unary({
  type: 'HardSwish',
  caffe: 'Power, Clip, Eltwise PROD',
  grade: 'direct',
  f: () => (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5)),
  emit: (c, x) => {
    const layer = ['HardSwish', 'HSwish'].find((type) => c.target.has(type));
    if (layer) return neuron(c, layer, x);
    return eltwise(c, 'PROD', [x, clip(c, power(c, x, { scale: 1 / 6, shift: 0.5 }, 'line'), 0, 1)]);
  },
});
