/** PRelu: slopes of their own for negative values. */
import { product, sameShape } from '../../shapes.js';
import { weights } from '../emit/builder.js';
import { caffeShape } from '../emit/emit-context.js';
import { Refusal } from '../graph/attributes.js';
import type { Operator } from './operator.js';
import { timesConstant, times, plus } from './shared/arithmetic.js';
import { broadcastShape, placedNumbers, zip } from './shared/broadcast.js';
import { neuron, power, reshape } from './shared/layers.js';

export const prelu: Operator = {
  type: 'PRelu',
  caffe: 'PReLU; ReLU {negative_slope} for one slope; ReLU, Scale, Eltwise for slopes of other shapes',
  grade: 'direct',
  infer: (c) => {
    const shape = broadcastShape(c.shape(0), c.shape(1));
    // The input does not grow to the slope.
    if (!sameShape(shape, c.shape(0)))
      throw new Refusal(`a slope of shape ${c.shape(1).join('x')} does not fit an input of ${c.shape(0).join('x')}`);
    return [{ type: c.type(0), shape }];
  },
  evaluate: (_, [x, slope]) => {
    const shape = broadcastShape(x!.shape, slope!.shape);
    return [{ shape, type: x!.type, data: zip(x!, slope!, (value, s) => (value < 0 ? value * s : value), shape) }];
  },
  emit: (c) => {
    const x = c.blob(0);
    const slope = c.constant(1);
    const shape = caffeShape(c.output().shape);
    if (slope && product(slope.shape) === 1) {
      c.set(neuron(c, 'ReLU', x, { negative_slope: slope.data[0]! }));
      return;
    }
    if (slope) {
      const placed = placedNumbers(slope, x.shape);
      if (placed.axis === 1 && placed.shape.length === 1 && x.shape.length >= 2) {
        // The layer takes up to four axes.
        const image = x.shape.length <= 4 ? x : reshape(c, x, [...x.shape.slice(0, 2), 1, product(x.shape, 2)]);
        const y = c.layer('PReLU', [image], {}, image.shape, { blobs: [weights(placed.shape, placed.data)] });
        c.set(reshape(c, y, shape));
        return;
      }
    }
    const positive = neuron(c, 'ReLU', x, {}, 'positive');
    const below = neuron(c, 'ReLU', power(c, x, { scale: -1 }, 'opposite'), {}, 'negative');
    const sloped = slope ? timesConstant(c, below, slope) : times(c, below, c.blob(1), shape);
    c.set(plus(c, positive, sloped, shape, -1));
  },
};
