/** Slice: ranges of axes, with steps. */
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { select, selectNumbers } from './shared/select.js';

/** More elements of one axis are no model's to take. */
const LONGEST = 2 ** 24;

/** The indices that are taken of each axis that is cut. */
function cuts(c: NodeContext): { axis: number; indices: number[] }[] {
  const old = c.opset < 10;
  const starts = old ? c.attributes.ints('starts') : c.numbers(1, 'starts');
  const ends = old ? c.attributes.ints('ends') : c.numbers(2, 'ends');
  if (!starts || !ends) throw new Refusal('starts or ends are missing');
  const axes = (old ? c.attributes.ints('axes') : c.numbers(3, 'axes')) ?? starts.map((_, i) => i);
  const steps = (old ? undefined : c.numbers(4, 'steps')) ?? starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length)
    throw new Refusal('starts, ends, axes and steps are not of one length');
  return axes.map((given, i) => {
    const axis = c.axis(given, c.rank(0));
    const length = c.shape(0)[axis]!;
    const step = steps[i]!;
    if (step === 0) throw new Refusal('a step of 0');
    const limit = (value: number, low: number, high: number): number =>
      Math.min(Math.max(value < 0 ? value + length : value, low), high);
    const start = step > 0 ? limit(starts[i]!, 0, length) : limit(starts[i]!, 0, length - 1);
    const end = step > 0 ? limit(ends[i]!, 0, length) : limit(ends[i]!, -1, length - 1);
    const count = Math.max(Math.ceil((end - start) / step), 0);
    if (count > LONGEST) throw new Refusal(`${count} elements of an axis are taken, more than ${LONGEST}`);
    return { axis, indices: Array.from({ length: count }, (_, k) => start + k * step) };
  });
}

export const sliceOperator: Operator = {
  type: 'Slice',
  caffe: 'Slice; Pooling MAX {kernel_size: 1, stride} for steps',
  grade: 'direct',
  notes: 'negative steps reverse an axis, by Slice and Concat or a matrix of ones and zeros',
  infer: (c) => [
    {
      type: c.type(0),
      shape: cuts(c).reduce((shape, { axis, indices }) => shape.with(axis, indices.length), [...c.shape(0)]),
    },
  ],
  evaluate: (c, [x]) => {
    let { shape, data } = x!;
    for (const { axis, indices } of cuts(c)) {
      data = selectNumbers(data, shape, axis, indices);
      shape = shape.with(axis, indices.length);
    }
    return [{ shape, type: x!.type, data }];
  },
  emit: (c) => {
    let y = c.blob(0);
    const made = cuts(c).filter(({ axis, indices }) => indices.length !== c.shape(0)[axis]! || indices[0] !== 0);
    if (made.some(({ indices }) => indices.length === 0)) throw new Refusal('nothing is left of an axis');
    const steps = made.map(({ indices }) => (indices.length > 1 ? indices[1]! - indices[0]! : 1));
    // Steps along both axes of an image: one layer.
    const [a, b] = made;
    if (
      made.length === 2 &&
      steps.every((step) => step > 1) &&
      y.shape.length === 4 &&
      c.target.has('Pooling.round_mode')
    ) {
      const [h, w] = a!.axis === 2 ? [a!, b!] : [b!, a!];
      if (
        h.axis === 2 &&
        w.axis === 3 &&
        [h, w].every(({ axis, indices }, i) => reachesEnd(indices, y.shape[axis]!, steps[i]!))
      ) {
        let x = y;
        for (const { axis, indices } of [h, w])
          if (indices[0]! > 0)
            x = select(
              c,
              x,
              axis,
              Array.from({ length: x.shape[axis]! - indices[0]! }, (_, k) => indices[0]! + k),
            );
        const fields = {
          kernel_size: 1,
          stride_h: h.indices[1]! - h.indices[0]!,
          stride_w: w.indices[1]! - w.indices[0]!,
          round_mode: 'FLOOR',
        };
        c.set(c.layer('Pooling', [x], fields, c.output().shape, { role: 'stride' }));
        return;
      }
    }
    for (const { axis, indices } of made) y = select(c, y, axis, indices);
    c.set(y);
  },
};

/** Whether the next index would be beyond the axis. */
function reachesEnd(indices: readonly number[], length: number, step: number): boolean {
  return indices.at(-1)! + step >= length;
}
