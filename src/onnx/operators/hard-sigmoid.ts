/** HardSigmoid: alpha x + beta, limited to 0 … 1. */
import { unary } from './shared/elementwise.js';
import { clip, neuron, power } from './shared/layers.js';
export const hardSigmoid = unary({
  type: 'HardSigmoid',
  caffe: 'Power, Clip',
  grade: 'direct',
  notes: 'for the target caffe-1.0 two ReLUs in place of Clip',
  f: (c) => {
    const [alpha, beta] = [c.attributes.float('alpha', 0.2), c.attributes.float('beta', 0.5)];
    return (x) => Math.max(0, Math.min(1, alpha * x + beta));
  },
  emit: (c, x) => {
    const [alpha, beta] = [c.attributes.float('alpha', 0.2), c.attributes.float('beta', 0.5)];
    if (c.target.has('HardSigmoid')) return neuron(c, 'HardSigmoid', x, { alpha, beta });
    if (Math.abs(alpha - 1 / 6) < 1e-6 && beta === 0.5 && c.target.has('HSigmoid')) return neuron(c, 'HSigmoid', x);
    return clip(c, power(c, x, { scale: alpha, shift: beta }), 0, 1);
  },
});
