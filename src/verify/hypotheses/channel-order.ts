/** channel-order: the layer gives the reference's channels, but in another order. */
import { compare } from '../../compare/compare.js';
import { channelsOf, range, taken, type FloatTensor } from '../tensors.js';
import { packingEdit, prototxtEdit } from './edits.js';
import type { Hypothesis, Variant } from './hypothesis.js';

export const channelOrder: Hypothesis = {
  id: 'channel-order',
  title: "the layer's channels are the reference's in another order",
  *variants(suspect): Generator<Variant> {
    const { reference, output } = suspect;
    if (reference?.data.length !== output.data.length || output.shape.length < 2) return;
    const order = orderOfChannels(output, reference);
    if (!order) return;
    const bottoms = suspect.param.bottom ?? [];
    const list = order.length > 12 ? `[${order.slice(0, 12).join(', ')}, …]` : `[${order.join(', ')}]`;
    yield {
      label: `channels ${list}`,
      explanation:
        suspect.type === 'Concat'
          ? `the reference joins its parts in another order: its channel i is channel ${list}[i] here.`
          : `every channel of the reference is there, in another order: its channel i is channel ${list}[i] here.`,
      change: { output: (y) => taken(y, 1, order) },
      fix:
        suspect.type === 'Concat' && bottoms.length === 2
          ? prototxtEdit(suspect, { ...suspect.param, bottom: [...bottoms].reverse() })
          : packingEdit(suspect, 'weight', 'w', `w[${list}]`),
    };
  },
};

/** For each channel of the reference the one that equals it; undefined when one has none, or all are in place. */
function orderOfChannels(output: FloatTensor, reference: FloatTensor): number[] | undefined {
  const { outer, count, inner } = channelsOf(output.shape);
  // A few numbers can be equal by chance.
  if (count < 2 || outer * inner < 4) return undefined;
  const channel = ({ data }: FloatTensor, c: number, o: number) =>
    data.subarray((o * count + c) * inner, (o * count + c + 1) * inner);
  const sum = (tensor: FloatTensor, c: number) =>
    range(outer).reduce((total, o) => channel(tensor, c, o).reduce((s, v) => s + Math.abs(v), total), 0);
  const sums = range(count).map((c) => sum(output, c));
  const taken = new Set<number>();
  const order: number[] = [];
  for (let c = 0; c < count; c++) {
    const wanted = sum(reference, c);
    const found = range(count).find(
      (from) =>
        !taken.has(from) &&
        Math.abs(sums[from]! - wanted) <= 1e-3 * Math.abs(wanted) &&
        range(outer).every(
          (o) => compare(channel(output, from, o), channel(reference, c, o), { rtol: 0, atol: 0 }).maxRel < 1e-4,
        ),
    );
    if (found === undefined) return undefined;
    taken.add(found);
    order.push(found);
  }
  return order.some((from, to) => from !== to) ? order : undefined;
}
