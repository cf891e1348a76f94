/** channel-order: the layer gives the reference's channels, but in another order. */
import { compare } from '../../compare/compare.js';
import { outputsOf } from '../../layers/shared/weight-layout.js';
import { resolve } from '../../proto/message.js';
import { channelsOf, range, taken, type FloatTensor } from '../tensors.js';
import { packingEdit, prototxtEdit, referenceEdit } from './edits.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';

export const channelOrder: Hypothesis = {
  id: 'channel-order',
  title: "the layer's channels are the reference's in another order",
  *variants(suspect): Generator<Variant> {
    const { reference, output } = suspect;
    if (reference?.data.length !== output.data.length || output.shape.length < 2) return;
    const order = orderOfChannels(output, reference);
    if (!order) return;
    const isConcat = suspect.type === 'Concat';
    const list = order.length > 12 ? `[${order.slice(0, 12).join(', ')}, …]` : `[${order.join(', ')}]`;
    yield {
      label: `channels ${list}`,
      explanation: isConcat
        ? `the reference joins its parts in another order: its channel i is channel ${list}[i] here.`
        : `every channel of the reference is there, in another order: its channel i is channel ${list}[i] here.`,
      change: { output: (y) => taken(y, 1, order) },
      ...mendOf(suspect, order),
    };
  },
};

/** The edit: of what makes the channels, where that is the layer itself; else of the reference. */
function mendOf(suspect: Suspect, order: readonly number[]): Pick<Variant, 'fix' | 'values'> {
  const { param, blobs, facts } = suspect;
  const parts = suspect.type === 'Concat' ? orderOfParts(suspect, order) : undefined;
  if (parts) return { fix: prototxtEdit(suspect, { ...param, bottom: parts.map((part) => param.bottom![part]!) }) };
  const layout = facts.weights?.(param);
  if (layout?.groups === 1 && outputsOf(layout, blobs[0]!.shape) === order.length) {
    const axis = layout.inputsFirst ? 1 : 0;
    return {
      fix: packingEdit(suspect, 'weight', 'w', `w[${axis === 1 ? ':, ' : ''}[${order.join(', ')}]]`),
      values: { [suspect.name]: () => blobs.map((blob, i) => taken(blob, i === 0 ? axis : 0, order)) },
    };
  }
  const back = range(order.length).map((channel) => order.indexOf(channel));
  return { fix: referenceEdit(suspect, 'y', `y[:, [${back.join(', ')}]]`) };
}

/** The order of a Concat's bottoms that gives the order of channels; undefined when none does. */
function orderOfParts({ param, bottoms }: Suspect, order: readonly number[]): number[] | undefined {
  const { axis, concat_dim } = resolve('ConcatParameter', param.concat_param);
  if (axis !== 1 || concat_dim !== 1) return undefined;
  const starts = bottoms.map((_, part) => bottoms.slice(0, part).reduce((sum, { shape }) => sum + shape[1]!, 0));
  const parts: number[] = [];
  for (let channel = 0; channel < order.length;) {
    const part = starts.indexOf(order[channel]!);
    const size = bottoms[part]?.shape[1] ?? 0;
    if (size === 0 || range(size).some((i) => order[channel + i] !== order[channel]! + i)) return undefined;
    parts.push(part);
    channel += size;
  }
  return parts;
}

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
