/** Tile: a value repeated along its axes. */
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { tile } from './shared/layers.js';
import { selectNumbers } from './shared/select.js';

function repeatsOf(c: NodeContext): number[] {
  const rank = c.rank(0);
  // Below opset 6: tiles and axis, each one number.
  if (c.opset < 6) {
    const [tiles] = c.numbers(1, 'tiles') ?? [];
    const [axis] = c.numbers(2, 'axis') ?? [];
    if (tiles === undefined || axis === undefined) throw new Refusal('tiles or axis is missing');
    return Array.from({ length: rank }, (_, i) => (i === axis ? tiles : 1));
  }
  const repeats = c.numbers(1, 'repeats');
  if (repeats?.length !== rank) throw new Refusal(`repeats: expected ${rank} numbers, got ${repeats?.length ?? 0}`);
  return repeats;
}

export const tileOperator: Operator = {
  type: 'Tile',
  caffe: 'Tile for each axis',
  grade: 'direct',
  infer: (c) => {
    const repeats = repeatsOf(c);
    return [{ type: c.type(0), shape: c.shape(0).map((dim, axis) => dim * repeats[axis]!) }];
  },
  evaluate: (c, [x]) => {
    let { shape, data } = x!;
    repeatsOf(c).forEach((times, axis) => {
      const length = shape[axis]!;
      data = selectNumbers(
        data,
        shape,
        axis,
        Array.from({ length: length * times }, (_, i) => i % length),
      );
      shape = shape.with(axis, length * times);
    });
    return [{ shape, type: x!.type, data }];
  },
  emit: (c) => {
    const repeats = repeatsOf(c);
    if (repeats.some((times) => times < 1)) throw new Refusal('nothing is left of an axis');
    let y = c.blob(0);
    repeats.forEach((times, axis) => (y = tile(c, y, axis, times)));
    c.set(y);
  },
};
