/** Reading and writing at indices that stand in a tensor; for constants only. */
import { product } from '../../../shapes.js';
import { Refusal } from '../../graph/attributes.js';

/** How a written value joins the one that is there. */
export function joinOf(reduction: string): (old: number, value: number) => number {
  switch (reduction) {
    case 'none':
      return (_, value) => value;
    case 'add':
      return (old, value) => old + value;
    case 'mul':
      return (old, value) => old * value;
    case 'max':
      return Math.max;
    case 'min':
      return Math.min;
    default:
      throw new Refusal(`reduction '${reduction}'`);
  }
}

/** Place in a tensor of `shape` of each element of `indices`, which replaces the coordinate along `axis`. */
export function placesAlong(
  shape: readonly number[],
  axis: number,
  indices: ArrayLike<number>,
  own: readonly number[],
): number[] {
  return Array.from(indices, (index, i) => {
    const length = shape[axis]!;
    const at = index < 0 ? index + length : index;
    if (!(at >= 0 && at < length)) throw new Refusal(`index ${index} is out of range for an axis of ${length}`);
    let [place, left] = [0, i];
    for (let a = own.length - 1; a >= 0; a--) {
      const coordinate = left % own[a]!;
      left = Math.floor(left / own[a]!);
      place += (a === axis ? at : coordinate) * product(shape, a + 1);
    }
    return place;
  });
}

/** Start of the block that each row of `indices` names by its first coordinates. */
export function blockStarts(shape: readonly number[], indices: ArrayLike<number>, depth: number, from = 0): number[] {
  return Array.from({ length: indices.length / depth }, (_, row) => {
    let place = 0;
    for (let d = 0; d < depth; d++) {
      const length = shape[from + d]!;
      const index = indices[row * depth + d]!;
      const at = index < 0 ? index + length : index;
      if (!(at >= 0 && at < length)) throw new Refusal(`index ${index} is out of range for an axis of ${length}`);
      place += at * product(shape, from + d + 1);
    }
    return place;
  });
}
