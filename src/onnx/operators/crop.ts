/** Crop: cuts the borders of an image. An experiment of ONNX until 2018, as Affine. */
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { range } from './shared/layers.js';
import { selectNumbers } from './shared/select.js';

/** What is kept of the last two axes. */
function kept(c: NodeContext): { axis: number; start: number; end: number }[] {
  const [left = 0, top = 0, right = 0, bottom = 0, ...others] = c.attributes.ints('border') ?? [];
  const size = c.attributes.ints('scale');
  if (c.rank(0) !== 4) throw new Refusal(`expected an image of 4 axes, got ${c.shape(0).join('x')}`);
  if (others.length > 0 || (size && size.length !== 2))
    throw new Refusal('border: expected 4 numbers, and 2 of scale where it is given');
  const [height, width] = c.shape(0).slice(2) as [number, number];
  const parts = [
    { axis: 2, start: top, end: size ? top + size[0]! : height - bottom },
    { axis: 3, start: left, end: size ? left + size[1]! : width - right },
  ];
  for (const { axis, start, end } of parts)
    if (start < 0 || end > c.shape(0)[axis]! || end <= start)
      throw new Refusal(`it keeps the elements ${start} to ${end} of axis ${axis}, which has ${c.shape(0)[axis]!}`);
  return parts;
}

export const crop: Operator = {
  type: 'Crop',
  caffe: 'Slice for each axis',
  grade: 'direct',
  infer: (c) => {
    let shape = c.shape(0);
    for (const { axis, start, end } of kept(c)) shape = shape.with(axis, end - start);
    return [{ type: c.type(0), shape }];
  },
  evaluate: (c, [x]) => {
    let { shape, data } = x!;
    for (const { axis, start, end } of kept(c)) {
      const places = Array.from({ length: end - start }, (_, i) => start + i);
      data = selectNumbers(data, shape, axis, places);
      shape = shape.with(axis, places.length);
    }
    return [{ shape, type: x!.type, data }];
  },
  emit: (c) => c.set(kept(c).reduce((x, { axis, start, end }) => range(c, x, axis, start, end), c.blob(0))),
};
