/** Selu: gamma times an Elu. */
import type { NodeContext } from '../graph/node-context.js';
import { unary } from './shared/elementwise.js';
import { neuron, power } from './shared/layers.js';
export const selu = unary({
  type: 'Selu',
  caffe: 'ELU, Power',
  grade: 'direct',
  f: (c) => {
    const { alpha, gamma } = constantsOf(c);
    return (x) => gamma * (x > 0 ? x : alpha * Math.expm1(x));
  },
  emit: (c, x) => {
    const { alpha, gamma } = constantsOf(c);
    return power(c, neuron(c, 'ELU', x, { alpha }), { scale: gamma });
  },
});

/** Defaults changed with opset 6 from rounded ones. */
function constantsOf({ attributes, opset }: NodeContext): { alpha: number; gamma: number } {
  return {
    alpha: attributes.float('alpha', opset < 6 ? 1.6732 : Math.fround(1.6732632423543772)),
    gamma: attributes.float('gamma', opset < 6 ? 1.0507 : Math.fround(1.0507009873554805)),
  };
}
