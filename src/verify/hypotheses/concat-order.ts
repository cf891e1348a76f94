/** concat-order: a Concat joins its bottoms in another order than the reference. */
import { resolve } from '../../proto/message.js';
import { range, taken, type FloatTensor } from '../tensors.js';
import { prototxtEdit } from './edits.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';

/** Bottoms up to which all orders are tried; of more, two change places or all are reversed. */
const MOST_BOTTOMS = 4;

export const concatOrder: Hypothesis = {
  id: 'concat-order',
  title: 'a Concat joins its bottoms in another order',
  *variants(suspect): Generator<Variant> {
    const { param, bottoms } = suspect;
    if (suspect.type !== 'Concat' || bottoms.length < 2 || new Set(param.bottom).size < 2) return;
    for (const order of ordersOf(bottoms.length)) {
      const names = order.map((from) => param.bottom![from]!);
      if (names.every((name, i) => name === param.bottom![i])) continue;
      const joined = names.map((name) => `'${name}'`).join(', ');
      const changed = { ...param, bottom: names };
      yield {
        label: `bottoms ${joined}`,
        explanation: `the reference joins ${joined} in this order; this layer joins ${param.bottom!.map((name) => `'${name}'`).join(', ')}.`,
        // The layer is named, so that the mend stays when what comes after is looked at.
        change: { param, output: reordered(suspect, order) },
        fix: prototxtEdit(suspect, changed),
      };
    }
  },
};

/** The top as it would be with the bottoms in another order. */
function reordered({ param, bottoms }: Suspect, order: readonly number[]): (y: FloatTensor) => FloatTensor {
  const { axis: given, concat_dim } = resolve('ConcatParameter', param.concat_param);
  const asked = param.concat_param?.concat_dim !== undefined ? concat_dim : given;
  const axis = asked < 0 ? asked + bottoms[0]!.shape.length : asked;
  const starts = bottoms.map((_, part) => bottoms.slice(0, part).reduce((sum, { shape }) => sum + shape[axis]!, 0));
  const indices = order.flatMap((part) => range(bottoms[part]!.shape[axis]!).map((i) => starts[part]! + i));
  return (y) => taken(y, axis, indices);
}

/** The orders of so many things, but for the one they have; the likeliest first. */
export function ordersOf(count: number): number[][] {
  const identity = range(count);
  const reversed = [...identity].reverse();
  const exchanged = identity.flatMap((a) =>
    range(count - a - 1).map((k) => identity.map((i) => (i === a ? a + k + 1 : i === a + k + 1 ? a : i))),
  );
  const all = count <= MOST_BOTTOMS ? permutations(identity) : [];
  const seen = new Set([identity.join()]);
  return [...exchanged, reversed, ...all].filter((order) => !seen.has(order.join()) && seen.add(order.join()));
}

/** All orders of a list. */
export function permutations<T>(list: readonly T[]): T[][] {
  if (list.length < 2) return [[...list]];
  return list.flatMap((first, i) => permutations(list.filter((_, k) => k !== i)).map((rest) => [first, ...rest]));
}
