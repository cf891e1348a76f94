/** Where: one value where a condition holds, another where not. */
import type { Blob } from '../emit/builder.js';
import { caffeShape } from '../emit/emit-context.js';
import type { Tensor } from '../schema/model.js';
import type { Operator } from './operator.js';
import { plus, plusConstant, times, timesConstant } from './shared/arithmetic.js';
import { broadcastShape, expandBlob, expandNumbers } from './shared/broadcast.js';
import { power } from './shared/layers.js';
import { FLOAT_MIN } from './shared/pad.js';

/** Infinities times 0 would be no numbers. */
function finite(tensor: Tensor): Tensor {
  return { ...tensor, data: tensor.data.map((value) => Math.min(Math.max(value, FLOAT_MIN), -FLOAT_MIN)) };
}

export const where: Operator = {
  type: 'Where',
  caffe: 'c · x + (1 - c) · y by Scale, Eltwise and Bias',
  grade: 'cheap',
  notes: 'infinities and NaN in the value that is not taken spread',
  infer: (c) => [{ type: c.type(1), shape: broadcastShape(c.shape(0), c.shape(1), c.shape(2)) }],
  evaluate: (_, [condition, x, y]) => {
    const shape = broadcastShape(condition!.shape, x!.shape, y!.shape);
    const [flags, a, b] = [condition!, x!, y!].map((each) => expandNumbers(each.data, each.shape, shape)) as [
      Tensor['data'],
      Tensor['data'],
      Tensor['data'],
    ];
    return [{ shape, type: x!.type, data: Float64Array.from(a, (value, i) => (flags[i] ? value : b[i]!)) }];
  },
  emit: (c) => {
    const shape = caffeShape(c.output().shape);
    const condition = c.constant(0);
    const branch = (index: 1 | 2): Blob | Tensor => {
      const constant = c.constant(index);
      return constant ? finite(constant) : expandBlob(c, c.blob(index), shape);
    };
    const [x, y] = [branch(1), branch(2)];
    if (condition) {
      const flags = { ...condition, type: 'float' as const };
      const rest = { ...flags, data: flags.data.map((value) => 1 - value) };
      if (!('top' in x) && 'top' in y) c.set(plusConstant(c, timesConstant(c, y, rest), product(x, flags)));
      else if ('top' in x && !('top' in y)) c.set(plusConstant(c, timesConstant(c, x, flags), product(y, rest)));
      else c.set(plus(c, timesConstant(c, x as Blob, flags), timesConstant(c, y as Blob, rest), shape));
      return;
    }
    const flags = expandBlob(c, c.blob(0), shape);
    const rest = power(c, flags, { scale: -1, shift: 1 }, 'otherwise');
    const taken = (value: Blob | Tensor, by: Blob): Blob =>
      'top' in value ? times(c, value, by, shape) : timesConstant(c, by, value);
    c.set(plus(c, taken(x, flags), taken(y, rest), shape));
  },
};

/** A constant where flags are set, else 0. */
function product(value: Tensor, flags: Tensor): Tensor {
  const shape = broadcastShape(value.shape, flags.shape);
  const [a, b] = [expandNumbers(value.data, value.shape, shape), expandNumbers(flags.data, flags.shape, shape)];
  return { shape, type: 'float', data: Float64Array.from(a, (each, i) => (b[i] ? each : 0)) };
}
