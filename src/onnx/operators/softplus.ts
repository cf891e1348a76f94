/** Softplus: log(1 + exp(x)). */
import { unary } from './shared/elementwise.js';
import { neuron } from './shared/layers.js';
export const softplus = unary({
  type: 'Softplus',
  caffe: 'BNLL',
  grade: 'direct',
  f: () => softplusOf,
  emit: (c, x) => neuron(c, 'BNLL', x),
});

/** log(1 + exp(x)), where exp does not overflow. */
export function softplusOf(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
