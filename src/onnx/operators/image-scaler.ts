/** ImageScaler: scale x, and a term for each channel. An experiment of ONNX until 2018, as Affine. */
import { product } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { bias, power, scale } from './shared/layers.js';

function read(c: NodeContext): { factor: number; terms: readonly number[] } {
  const terms = c.attributes.floats('bias') ?? [];
  if (c.rank(0) !== 4) throw new Refusal(`expected an image of 4 axes, got ${c.shape(0).join('x')}`);
  if (terms.length !== c.shape(0)[1])
    throw new Refusal(`bias: expected ${c.shape(0)[1]!} numbers, one for each channel, got ${terms.length}`);
  return { factor: c.attributes.float('scale', 1), terms };
}

export const imageScaler: Operator = {
  type: 'ImageScaler',
  caffe: 'Scale {bias_term: true}; Bias where the scale is 1',
  grade: 'direct',
  infer: (c) => {
    read(c);
    return [{ type: c.type(0), shape: c.shape(0) }];
  },
  evaluate: (c, [x]) => {
    const { factor, terms } = read(c);
    const inner = product(x!.shape, 2);
    return [
      { ...x!, data: Float64Array.from(x!.data, (v, i) => v * factor + terms[Math.floor(i / inner) % terms.length]!) },
    ];
  },
  emit: (c) => {
    const { factor, terms } = read(c);
    const x = c.blob(0);
    const channels = [terms.length];
    if (terms.every((term) => term === terms[0])) c.set(power(c, x, { scale: factor, shift: terms[0]! }));
    else if (factor === 1) c.set(bias(c, x, 1, channels, terms));
    else
      c.set(
        scale(
          c,
          x,
          1,
          channels,
          terms.map(() => factor),
          terms,
        ),
      );
  },
};
