/** planes: what hypotheses do with the last two axes of images and kernels: pad, crop, resample. */
import { product } from '../../shapes.js';
import { range, taken, type FloatTensor } from '../tensors.js';

/** How an image goes on beyond its edge. */
export type Border = 'zeros' | 'reflect' | 'replicate' | 'circular';

/** Rows or columns before and behind an axis. */
export interface Sides {
  readonly before: number;
  readonly behind: number;
}

/** Along an axis result index i is the tensor's index `order[i]`; −1 stands for zeros. */
function picked({ shape, data }: FloatTensor, axis: number, order: readonly number[]): FloatTensor {
  const [outer, inner, size] = [product(shape, 0, axis), product(shape, axis + 1), shape[axis]!];
  const result = new Float32Array(outer * order.length * inner);
  for (let o = 0; o < outer; o++)
    order.forEach((from, to) => {
      if (from < 0) return;
      const start = (o * size + from) * inner;
      result.set(data.subarray(start, start + inner), (o * order.length + to) * inner);
    });
  return { shape: [...shape.slice(0, axis), order.length, ...shape.slice(axis + 1)], data: result };
}

/** Which index of an axis stands at each place of the padded one; undefined where the axis is too short for the border. */
export function borderOrder(size: number, { before, behind }: Sides, border: Border): number[] | undefined {
  const most = border === 'reflect' ? size - 1 : border === 'circular' ? size : Infinity;
  if (before > most || behind > most) return undefined;
  return range(before + size + behind).map((to) => {
    const at = to - before;
    if (at >= 0 && at < size) return at;
    switch (border) {
      case 'zeros':
        return -1;
      case 'reflect':
        return at < 0 ? -at : 2 * (size - 1) - at;
      case 'replicate':
        return at < 0 ? 0 : size - 1;
      case 'circular':
        return (at + size) % size;
    }
  });
}

/** A tensor of four axes with its last two padded; undefined where it is too small for such a border. */
export function bordered(tensor: FloatTensor, sides: readonly [Sides, Sides], border: Border): FloatTensor | undefined {
  let result = tensor;
  for (const [i, side] of sides.entries()) {
    const axis = tensor.shape.length - 2 + i;
    const order = borderOrder(tensor.shape[axis]!, side, border);
    if (!order) return undefined;
    result = picked(result, axis, order);
  }
  return result;
}

/** The part of the last two axes that begins at `from` and is `size` large. */
export function cropped(tensor: FloatTensor, from: readonly number[], size: readonly number[]): FloatTensor {
  const first = tensor.shape.length - 2;
  return from.reduce(
    (result, start, i) =>
      taken(
        result,
        first + i,
        range(size[i]!).map((at) => start + at),
      ),
    tensor,
  );
}

/** A linear map along an axis: `out` rows of `size` weights. */
export interface AxisMap {
  readonly out: number;
  readonly size: number;
  readonly weights: Float32Array;
}

/** How positions of a resampled axis lie on the axis that it was made of. */
export type Resampling = 'nearest' | 'aligned' | 'half-pixel';

/** The weights with which an axis is resampled. */
export function resamplingOf(size: number, out: number, kind: Resampling): AxisMap {
  const weights = new Float32Array(out * size);
  for (let i = 0; i < out; i++) {
    if (kind === 'nearest') {
      weights[i * size + Math.min(size - 1, Math.floor((i * size) / out))] = 1;
      continue;
    }
    const at =
      kind === 'aligned' ? (out > 1 ? (i * (size - 1)) / (out - 1) : 0) : Math.max(0, ((i + 0.5) * size) / out - 0.5);
    const low = Math.min(size - 1, Math.floor(at));
    const high = Math.min(size - 1, low + 1);
    weights[i * size + low]! += 1 - (at - low);
    weights[i * size + high]! += at - low;
  }
  return { out, size, weights };
}

/** The last two axes of a tensor, each under a linear map. */
export function resampled({ shape, data }: FloatTensor, rows: AxisMap, columns: AxisMap): FloatTensor {
  const outer = product(shape, 0, shape.length - 2);
  const half = new Float64Array(outer * rows.out * columns.size);
  for (let o = 0; o < outer; o++)
    for (let to = 0; to < rows.out; to++)
      for (let from = 0; from < rows.size; from++) {
        const weight = rows.weights[to * rows.size + from]!;
        if (weight === 0) continue;
        for (let x = 0; x < columns.size; x++)
          half[(o * rows.out + to) * columns.size + x]! += weight * data[(o * rows.size + from) * columns.size + x]!;
      }
  const result = new Float32Array(outer * rows.out * columns.out);
  for (let row = 0; row < outer * rows.out; row++)
    for (let to = 0; to < columns.out; to++) {
      let sum = 0;
      for (let from = 0; from < columns.size; from++)
        sum += columns.weights[to * columns.size + from]! * half[row * columns.size + from]!;
      result[row * columns.out + to] = sum;
    }
  return { shape: [...shape.slice(0, -2), rows.out, columns.out], data: result };
}
