/** tensors: the small array operations that hypotheses are made of. None changes its arguments. */
import type { Tensor as FloatTensor } from '../runtime/net.js';
import { product, sameShape, withoutOnes } from '../shapes.js';
import { asFloat32, gather, rowMajorStrides } from '../weights/elements.js';
import type { Tensor } from '../weights/source.js';

export type { FloatTensor };

/** The values as float32, copied only where they are not. */
export function asFloats({ shape, data }: Tensor): FloatTensor {
  return { shape, data: asFloat32(data) };
}

/** The axes in another order, as numpy's `transpose`: result axis i is the tensor's axis `order[i]`. */
export function transpose({ shape, data }: FloatTensor, order: readonly number[]): FloatTensor {
  const strides = rowMajorStrides(shape);
  const to = order.map((axis) => shape[axis]!);
  const values = gather(
    data,
    to,
    order.map((axis) => strides[axis]!),
  );
  return { shape: to, data: values as Float32Array };
}

/** The same values under another shape, or another number of ones. */
export function reshaped({ data }: FloatTensor, shape: readonly number[]): FloatTensor {
  return { shape, data };
}

/** Each value, by its flat index. */
export function mapped({ shape, data }: FloatTensor, value: (v: number, i: number) => number): FloatTensor {
  return { shape, data: data.map(value) };
}

/** Along `axis`, result index i is the tensor's index `order[i]`. The result may be shorter. */
export function taken({ shape, data }: FloatTensor, axis: number, order: readonly number[]): FloatTensor {
  const [outer, inner, size] = [product(shape, 0, axis), product(shape, axis + 1), shape[axis]!];
  const result = new Float32Array(outer * order.length * inner);
  for (let o = 0; o < outer; o++)
    order.forEach((from, to) => {
      const start = (o * size + from) * inner;
      result.set(data.subarray(start, start + inner), (o * order.length + to) * inner);
    });
  return { shape: [...shape.slice(0, axis), order.length, ...shape.slice(axis + 1)], data: result };
}

/** The tensor with an axis the other way round. */
export function reversed(tensor: FloatTensor, ...axes: readonly number[]): FloatTensor {
  return axes.reduce((t, axis) => taken(t, axis, range(t.shape[axis]!).reverse()), tensor);
}

export function filled(shape: readonly number[], value: number): FloatTensor {
  return { shape, data: new Float32Array(product(shape)).fill(value) };
}

/** 0, 1 … n − 1 */
export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/** How values are spread over channels: axis 1 of what has one, else axis 0. */
export interface Channels {
  outer: number;
  count: number;
  inner: number;
}

export function channelsOf(shape: readonly number[]): Channels {
  const axis = shape.length > 1 ? 1 : 0;
  return { outer: product(shape, 0, axis), count: shape[axis] ?? 1, inner: product(shape, axis + 1) };
}

/** Calls `visit` with the flat index of each value and its channel. */
export function eachByChannel(shape: readonly number[], visit: (i: number, channel: number) => void): void {
  const { outer, count, inner } = channelsOf(shape);
  let i = 0;
  for (let o = 0; o < outer; o++) for (let c = 0; c < count; c++) for (let k = 0; k < inner; k++) visit(i++, c);
}

/** The middle value; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted.length === 0 ? NaN : sorted[sorted.length >> 1]!;
}

/** A shape with as many axes as another at least: references may lack the batch's. */
export function withLeadingOnes(shape: readonly number[], axes: number): readonly number[] {
  return [...Array<number>(Math.max(0, axes - shape.length)).fill(1), ...shape];
}

/**
 * The shape in which a reference of another shape than the blob's is fed. As many values under other dimensions are the same
 * values behind a flatten; the same dimensions in another order are not.
 */
export function fedShape(reference: readonly number[], blob: readonly number[]): readonly number[] {
  const dimensions = (shape: readonly number[]) => [...withoutOnes(shape)].sort((a, b) => a - b);
  const isFlat = product(reference) === product(blob) && !sameShape(dimensions(reference), dimensions(blob));
  return isFlat ? blob : withLeadingOnes(reference, blob.length);
}
