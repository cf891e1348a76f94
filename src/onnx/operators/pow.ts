/** Pow: the first value to the power of the second. */
import { caffeShape } from '../emit/emit-context.js';
import { Refusal } from '../graph/attributes.js';
import type { Tensor } from '../schema/model.js';
import { expandBlob } from './shared/broadcast.js';
import { neuron, power } from './shared/layers.js';
import { binary } from './shared/elementwise.js';
export const pow = binary({
  type: 'Pow',
  caffe: 'Power; Exp {base} of a constant base',
  grade: 'direct',
  notes: 'the exponent must be one constant, or the base a positive one',
  f: () => (x, y) => x ** y,
  emit: (c) => {
    const [base, exponent] = [c.constant(0), c.constant(1)];
    const { shape } = c.output();
    const isScalar = (tensor: Tensor): boolean => tensor.data.every((value) => value === tensor.data[0]);
    if (exponent && isScalar(exponent)) {
      c.set(power(c, expandBlob(c, c.blob(0), caffeShape(shape)), { power: exponent.data[0]! }));
    } else if (base && isScalar(base) && base.data[0]! > 0) {
      c.set(neuron(c, 'Exp', expandBlob(c, c.blob(1), caffeShape(shape)), { base: base.data[0]! }));
    } else {
      throw new Refusal(
        `the exponent ${exponent ? 'differs from element to element' : 'is computed'}; Power has one for all elements`,
      );
    }
  },
});
