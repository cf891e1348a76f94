/** LayerNormalization: the last axes together, by their mean and variance. */
import { product } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { times, plus, timesConstant, plusConstant } from './shared/arithmetic.js';
import { expandNumbers } from './shared/broadcast.js';
import { normalizeLines, normalizeNumbers } from './shared/normalize.js';
import { scale } from './shared/layers.js';

function axisOf(c: NodeContext): number {
  return c.axis(c.attributes.int('axis', -1), c.rank(0));
}

export const layerNormalization: Operator = {
  type: 'LayerNormalization',
  caffe: 'Reshape, BatchNorm {use_global_stats: false}, Reshape, Scale',
  grade: 'cheap',
  notes: 'the outputs Mean and InvStdDev are refused',
  infer: (c) => {
    const axis = axisOf(c);
    const shape = c.shape(0);
    const type = c.type(0);
    const means = shape.map((dim, i) => (i < axis ? dim : 1));
    return [
      { type, shape },
      { type, shape: means },
      { type, shape: means },
    ];
  },
  evaluate: (c, [x, gamma, beta]) => {
    const { shape, type } = x!;
    const lines = product(shape, 0, axisOf(c));
    const data = normalizeNumbers(x!, lines, c.attributes.float('epsilon', 1e-5));
    const factors = expandNumbers(gamma!.data, gamma!.shape, shape);
    const terms = beta && expandNumbers(beta.data, beta.shape, shape);
    data.forEach((value, i) => (data[i] = value * factors[i]! + (terms?.[i] ?? 0)));
    return [{ shape, type, data }];
  },
  emit: (c) => {
    if ([1, 2].some((i) => c.hasOutput(i) && c.options.isRead(c.node.outputs[i]!)))
      throw new Refusal('its outputs Mean or InvStdDev are used');
    const x = c.blob(0);
    const axis = axisOf(c);
    let y = normalizeLines(c, x, product(x.shape, 0, axis), c.attributes.float('epsilon', 1e-5));
    const [gamma, beta] = [c.constant(1), c.constant(2)];
    const tail = x.shape.slice(axis);
    const spans = (shape: readonly number[] | undefined): boolean => shape?.join() === tail.join();
    if (gamma && spans(gamma.shape) && (!c.has(2) || (beta && spans(beta.shape)))) {
      c.set(scale(c, y, axis, tail, gamma.data, beta?.data));
      return;
    }
    y = gamma ? timesConstant(c, y, gamma) : times(c, y, c.blob(1), y.shape);
    if (c.has(2)) y = beta ? plusConstant(c, y, beta) : plus(c, y, c.blob(2), y.shape);
    c.set(y);
  },
};
