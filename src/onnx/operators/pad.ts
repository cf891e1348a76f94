/** Pad: more elements at the ends of axes. */
import { product } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { padAxis } from './shared/pad.js';
import { select, selectNumbers } from './shared/select.js';

interface Padding {
  readonly mode: string;
  readonly value: number;
  readonly begins: readonly number[];
  readonly ends: readonly number[];
}

export function paddingOf(c: NodeContext): Padding {
  const rank = c.rank(0);
  const { attributes } = c;
  const given = attributes.ints('pads') ?? attributes.ints('paddings') ?? c.numbers(1, 'pads');
  const axes =
    c.numbers(3, 'axes')?.map((axis) => c.axis(axis, rank)) ?? Array.from({ length: rank }, (_, axis) => axis);
  if (given?.length !== 2 * axes.length)
    throw new Refusal(`pads: expected ${2 * axes.length} numbers, got ${given?.length ?? 0}`);
  const [value] = c.numbers(2, 'constant_value') ?? [attributes.float('value', 0)];
  const at = (axis: number, from: number): number => {
    const i = axes.indexOf(axis);
    return i < 0 ? 0 : given[from + i]!;
  };
  return {
    mode: attributes.string('mode', 'constant'),
    value: value ?? 0,
    begins: Array.from({ length: rank }, (_, axis) => at(axis, 0)),
    ends: Array.from({ length: rank }, (_, axis) => at(axis, axes.length)),
  };
}

/** An axis of more elements is no model's to repeat or mirror. */
const LONGEST = 2 ** 20;

/** For each element of the padded axis, the element that it shows; undefined for the constant. */
function sources(length: number, begin: number, end: number, mode: string): (number | undefined)[] {
  const count = Math.max(length + begin + end, 0);
  if (count > LONGEST) throw new Refusal(`it makes an axis of ${count} elements, more than ${LONGEST}`);
  return Array.from({ length: count }, (_, i) => {
    const at = i - begin;
    if (at >= 0 && at < length) return at;
    if (mode === 'constant') return undefined;
    if (mode === 'edge') return at < 0 ? 0 : length - 1;
    if (mode === 'wrap') return ((at % length) + length) % length;
    if (mode !== 'reflect') throw new Refusal(`mode '${mode}' is none that ONNX has`);
    if (length === 1) return 0;
    const period = 2 * (length - 1);
    const place = ((at % period) + period) % period;
    return place < length ? place : period - place;
  });
}

export const pad: Operator = {
  type: 'Pad',
  caffe: 'Concat with DummyData; Slice and Concat, or Convolution by ones and zeros, for reflect, edge and wrap',
  grade: 'cheap',
  notes: 'zeros before a convolution or a mean become its pad; negative numbers cut',
  infer: (c) => {
    const { begins, ends } = paddingOf(c);
    return [{ type: c.type(0), shape: c.shape(0).map((dim, axis) => dim + begins[axis]! + ends[axis]!) }];
  },
  evaluate: (c, [x]) => {
    const { mode, value, begins, ends } = paddingOf(c);
    let { shape, data } = x!;
    begins.forEach((begin, axis) => {
      const end = ends[axis]!;
      if (begin === 0 && end === 0) return;
      const length = shape[axis]!;
      const from = sources(length, begin, end, mode);
      if (length === 0 && mode !== 'constant') throw new Refusal(`axis ${axis} is empty`);
      const padded = selectNumbers(
        data,
        shape,
        axis,
        from.map((at) => at ?? 0),
      );
      const inner = product(shape, axis + 1);
      from.forEach((at, i) => {
        if (at !== undefined) return;
        for (let o = 0; o < product(shape, 0, axis); o++)
          padded.fill(value, (o * from.length + i) * inner, (o * from.length + i + 1) * inner);
      });
      data = padded;
      shape = shape.with(axis, from.length);
    });
    return [{ shape, type: x!.type, data }];
  },
  emit: (c) => {
    const { mode, value, begins, ends } = paddingOf(c);
    let y = c.blob(0);
    begins.forEach((begin, axis) => {
      const end = ends[axis]!;
      if (begin === 0 && end === 0) return;
      y =
        mode === 'constant'
          ? padAxis(c, y, axis, begin, end, value)
          : select(c, y, axis, sources(y.shape[axis]!, begin, end, mode) as number[]);
    });
    c.set(y);
  },
};
