/** Affine: alpha x + beta. ONNX had it as an experiment until 2018; Core ML's converter wrote it, and ONNX Runtime still runs it. */
import { unary } from './shared/elementwise.js';
import { power } from './shared/layers.js';

export const affine = unary({
  type: 'Affine',
  caffe: 'Power {scale, shift}',
  grade: 'direct',
  f: (c) => {
    const [alpha, beta] = [c.attributes.float('alpha', 1), c.attributes.float('beta', 0)];
    return (x) => alpha * x + beta;
  },
  emit: (c, x) => power(c, x, { scale: c.attributes.float('alpha', 1), shift: c.attributes.float('beta', 0) }),
});
