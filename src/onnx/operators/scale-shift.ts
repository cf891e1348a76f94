/** A constant factor and term for each channel: what a pattern makes of Mul and Add. */
import { product } from '../../shapes.js';
import type { Operator } from './operator.js';
import { scale } from './shared/layers.js';

export const scaleShiftOperator: Operator = {
  type: 'ScaleShift',
  domain: 'netspec',
  caffe: 'Scale {bias_term: true}',
  grade: 'direct',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (_, [x, factors, terms]) => {
    const [channels, inner] = [x!.shape[1]!, product(x!.shape, 2)];
    const channel = (i: number): number => Math.floor(i / inner) % channels;
    return [
      { ...x!, data: Float64Array.from(x!.data, (v, i) => v * factors!.data[channel(i)]! + terms!.data[channel(i)]!) },
    ];
  },
  emit: (c) => c.set(scale(c, c.blob(0), 1, [c.shape(0)[1]!], c.constant(1)!.data, c.constant(2)!.data)),
};
