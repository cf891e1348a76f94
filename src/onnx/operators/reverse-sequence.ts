/** ReverseSequence: the first elements of an axis in reverse order, as many as each sequence has. */
import { product } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { concat, range } from './shared/layers.js';
import { select, selectNumbers } from './shared/select.js';

function settings(c: NodeContext): { time: number; batch: number; lengths: number[] } {
  const lengths = c.numbers(1, 'sequence_lens');
  if (!lengths) throw new Refusal('sequence_lens is missing');
  const rank = c.rank(0);
  const time = c.axis(c.attributes.int('time_axis', 0), rank);
  const batch = c.axis(c.attributes.int('batch_axis', 1), rank);
  const [steps, sequences] = [c.shape(0)[time]!, c.shape(0)[batch]!];
  if (
    lengths.length !== sequences ||
    lengths.some((length) => !Number.isInteger(length) || length < 0 || length > steps)
  )
    throw new Refusal(
      `sequence_lens: expected ${sequences} lengths of 0 to ${steps}, got ${lengths.slice(0, 8).join(', ')}`,
    );
  return { time, batch, lengths };
}

function orderOf(length: number, reversed: number): number[] {
  return Array.from({ length }, (_, i) => (i < reversed ? reversed - 1 - i : i));
}

export const reverseSequence: Operator = {
  type: 'ReverseSequence',
  caffe: 'Slice, Concat, or Convolution by ones and zeros',
  grade: 'cheap',
  notes: 'sequence_lens must be constant',
  infer: (c) => [{ type: c.type(0), shape: c.shape(0) }],
  evaluate: (c, [x]) => {
    const { time, batch, lengths } = settings(c);
    const { shape } = x!;
    const data = Float64Array.from(x!.data);
    lengths.forEach((length, item) => {
      const turned = selectNumbers(x!.data, shape, time, orderOf(shape[time]!, length));
      const inner = product(shape, batch + 1);
      turned.forEach((value, i) => {
        if (Math.floor(i / inner) % shape[batch]! === item) data[i] = value;
      });
    });
    return [{ ...x!, data }];
  },
  emit: (c) => {
    const { time, batch, lengths } = settings(c);
    const x = c.blob(0);
    const turn = (part: typeof x, length: number): typeof x => select(c, part, time, orderOf(x.shape[time]!, length));
    if (lengths.every((length) => length === lengths[0])) c.set(turn(x, lengths[0]!));
    else
      c.set(
        concat(
          c,
          lengths.map((length, i) => turn(range(c, x, batch, i, i + 1), length)),
          batch,
        ),
      );
  },
};
