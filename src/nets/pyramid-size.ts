/** The size of an input over which a feature pyramid is built. */
import { NetspecError } from '../errors.js';

/**
 * Five halvings must come out even, or what the pyramid doubles no longer fits what it is added to.
 * @throws NetspecError when a side is no multiple of 32
 */
export function checkPyramidSize([height, width]: readonly [number, number]): readonly [number, number] {
  if (height % 32 === 0 && width % 32 === 0) return [height, width];
  const [h, w] = [height, width].map((size) => Math.ceil(size / 32) * 32) as [number, number];
  throw new NetspecError(`inputSize: expected multiples of 32, got ${height}x${width}`, {
    hint:
      'the body halves its input five times and rounds odd sizes; doubled again, they would not fit the lateral sums ' +
      `of the pyramid. Pad the image to ${h}x${w}`,
  });
}
