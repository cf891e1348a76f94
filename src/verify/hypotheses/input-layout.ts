/** input-layout: what is fed lies in memory in another order of axes: channels last, width before height, batch before time. */
import { inverseOrder, sameShape } from '../../shapes.js';
import { range, reshaped, transpose } from '../tensors.js';
import { isSameOrder } from './axis-order.js';
import { permutations } from './concat-order.js';
import { inputEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const inputLayout: Hypothesis = {
  id: 'input-layout',
  title: "the input's values lie in another order of axes (NHWC, or batch before time)",
  *variants(suspect): Generator<Variant> {
    const { output, bottoms, facts } = suspect;
    const { shape } = output;
    if (bottoms.length > 0 || !facts.fed || shape.length < 2 || shape.length > 4) return;
    // The images of a batch stay apart; of a sequence the batch may be the first axis.
    const fixed = shape.length === 4 ? 1 : 0;
    const seen: (readonly number[])[] = [];
    for (const rest of permutations(range(shape.length).slice(fixed))) {
      const order = [...range(fixed), ...rest];
      if (isSameOrder(order, (axis) => shape[axis]!)) continue;
      // Orders that differ in axes of one value are the same.
      const large = order.filter((axis) => shape[axis] !== 1);
      if (seen.some((each) => sameShape(each, large))) continue;
      seen.push(large);
      const lies = order.map((axis) => shape[axis]!);
      const back = inverseOrder(order);
      const words = order.join() === '0,2,3,1' ? 'channels last, ' : '';
      yield {
        label: `${words}${lies.join('x')} for ${shape.join('x')}`,
        explanation:
          `the values that are fed lie as ${words}${lies.join('x')} in memory, and this blob is ${shape.join('x')}: with the axes ` +
          'in its order they are those of the reference.',
        change: { output: (x) => transpose(reshaped(x, lies), back) },
        fix: inputEdit(suspect, [], [`x = x.reshape(${lies.join(', ')}).transpose(${back.join(', ')})`]),
      };
    }
  },
};
