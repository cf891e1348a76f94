/** Darknet's reorg as Reshape, Transpose, Reshape; where the blocks do not divide the channels, as Gather. */
import { forEachReorg } from '../../layers/shared/reorg.js';
import { countOf, type Value } from './graph-builder.js';
import type { Ops } from './ops.js';

/**
 * @param image (channels, height, width) that the routine is called with
 * @param shape of the result
 */
export function reorg(
  ops: Ops,
  x: Value,
  shape: readonly number[],
  { image, stride, reverse }: { image: readonly [number, number, number]; stride: number; reverse: boolean },
): Value {
  const [channels, height, width] = image;
  const num = shape[0]!;
  const blocks = Math.floor(channels / (stride * stride));
  if (channels % (stride * stride) === 0) {
    const [packed, plain] = [
      [num, blocks, height, stride, width, stride],
      [num, stride, stride, blocks, height, width],
    ] as const;
    const moved = reverse
      ? ops.transpose(ops.reshape(x, plain), [0, 3, 4, 1, 5, 2])
      : ops.transpose(ops.reshape(x, packed), [0, 3, 5, 1, 2, 4]);
    return ops.reshape(moved, shape);
  }
  const size = countOf(x) / num;
  const sources = new Array<number>(size).fill(-1);
  forEachReorg(image, stride, (plain, packed) => {
    if (reverse) sources[packed] = plain;
    else sources[plain] = packed;
  });
  const rows = ops.reshape(x, [num, size]);
  // What the routine does not write stays 0.
  const padded = sources.includes(-1) ? ops.pad(rows, [0, 0], [0, 1]) : rows;
  const indices = ops.ints(sources.map((from) => (from < 0 ? size : from)));
  return ops.reshape(ops.gather(padded, indices, 1), shape);
}
