/** LayerNormalization: the last axes together, by their mean and variance. */
import { product } from '../../shapes.js';
import type { Blob } from '../emit/builder.js';
import type { EmitContext } from '../emit/emit-context.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { times, plus, timesConstant, plusConstant } from './shared/arithmetic.js';
import { expandNumbers } from './shared/broadcast.js';
import { normalizeLines, normalizeNumbers } from './shared/normalize.js';
import { eltwise, expandTo, power, reshape, scale } from './shared/layers.js';
import { addUp, square } from './shared/reduce.js';

function axisOf(c: NodeContext): number {
  return c.axis(c.attributes.int('axis', -1), c.rank(0));
}

export const layerNormalization: Operator = {
  type: 'LayerNormalization',
  caffe: 'Reshape, BatchNorm {use_global_stats: false}, Reshape, Scale',
  grade: 'cheap',
  least: 2,
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
    const length = x!.data.length / lines;
    const means = new Float64Array(lines);
    const inverses = new Float64Array(lines);
    for (let line = 0; line < lines; line++) {
      const values = Float64Array.from(x!.data.slice(line * length, (line + 1) * length));
      const mean = values.reduce((a, b) => a + b, 0) / length;
      const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / length;
      means[line] = mean;
      inverses[line] = 1 / Math.sqrt(variance + c.attributes.float('epsilon', 1e-5));
    }
    const outer = shape.map((dim, i) => (i < axisOf(c) ? dim : 1));
    return [
      { shape, type, data },
      { shape: outer, type, data: means },
      { shape: outer, type, data: inverses },
    ];
  },
  emit: (c) => {
    const x = c.blob(0);
    const axis = axisOf(c);
    if ([1, 2].some((i) => c.hasOutput(i) && c.options.isRead(c.node.outputs[i]!))) setStatistics(c, x, axis);
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

/** The outputs Mean and InvStdDev. */
function setStatistics(c: EmitContext, x: Blob, axis: number): void {
  const axes = x.shape.flatMap((dim, i) => (i >= axis && dim !== 1 ? [i] : []));
  const outer = x.shape.map((dim, i) => (i < axis ? dim : 1));
  const over = (y: Blob): Blob => (axes.length === 0 ? y : reshape(c, addUp(c, y, axes, 'MEAN'), outer));
  const mean = over(x);
  c.set(mean, 1);
  const difference = eltwise(c, 'SUM', [x, expandTo(c, mean, x.shape)], [1, -1], 'difference');
  const variance = over(square(c, difference));
  c.set(power(c, variance, { shift: c.attributes.float('epsilon', 1e-5), power: -0.5 }, 'inverse'), 2);
}
