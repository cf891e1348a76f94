/** ONNX's broadcasting, and the Caffe layers that do the same. */
import { product, sameShape } from '../../../shapes.js';
import type { Blob } from '../../emit/builder.js';
import type { EmitContext } from '../../emit/emit-context.js';
import { Refusal } from '../../graph/attributes.js';
import type { NodeContext } from '../../graph/node-context.js';
import type { Numbers } from '../../schema/data-types.js';
import type { Tensor } from '../../schema/model.js';
import { expandTo, reshape, tile } from './layers.js';

/** The shape that shapes broadcast to, aligned at their ends. */
export function broadcastShape(...shapes: (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let dim = 1;
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own === 1 || own === dim) continue;
      if (dim !== 1) throw new Refusal(`the shapes ${shapes.map(show).join(' and ')} do not broadcast`);
      dim = own;
    }
    return dim;
  });
}

function show(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.join('x');
}

/** A shape with ones before it, to `rank` axes. */
export function aligned(shape: readonly number[], rank: number): number[] {
  return [...Array.from({ length: Math.max(rank - shape.length, 0) }, () => 1), ...shape];
}

/**
 * Shape of the second operand as it aligns with the first: below opset 7 a node says with `broadcast` and `axis` where
 * the second begins, and aligns the ends without `axis`.
 */
export function secondShape(c: NodeContext): readonly number[] {
  const [a, b] = [c.shape(0), c.shape(1)];
  const axis = c.attributes.int('axis');
  if (c.opset >= 7 || axis === undefined || c.attributes.int('broadcast', 0) === 0) return b;
  const start = c.axis(axis, a.length);
  if (b.length === 0) return b;
  return [...b, ...Array.from({ length: Math.max(a.length - start - b.length, 0) }, () => 1)];
}

/** Values of a tensor repeated to a shape of at least as many axes. */
export function expandNumbers(data: Numbers, from: readonly number[], to: readonly number[]): Numbers {
  if (sameShape(from, to)) return data;
  const shape = aligned(from, to.length);
  const strides = shape.map((dim, axis) => (dim === 1 ? 0 : product(shape, axis + 1)));
  const out = new (data.constructor as Float64ArrayConstructor)(product(to));
  const index = new Array<number>(to.length).fill(0);
  for (let i = 0, at = 0; i < out.length; i++) {
    out[i] = data[at]!;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < to[axis]!) break;
      at -= strides[axis]! * to[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

/** Applies a function to each pair of elements of two tensors that broadcast. */
export function zip(
  a: Tensor,
  b: Tensor,
  f: (x: number, y: number) => number,
  shape = broadcastShape(a.shape, b.shape),
): Float64Array {
  const [x, y] = [expandNumbers(a.data, a.shape, shape), expandNumbers(b.data, b.shape, shape)];
  const out = new Float64Array(product(shape));
  for (let i = 0; i < out.length; i++) out[i] = f(x[i]!, y[i]!);
  return out;
}

/** How a smaller operand lies over a blob: over axes [axis, axis + shape's length), repeated along all others. */
export interface Placement {
  readonly axis: number;
  readonly shape: readonly number[];
}

/** The axes that a shape spans of a larger one, from the first to the last that is not one; none for a scalar. */
export function placement(small: readonly number[], large: readonly number[]): Placement {
  const shape = aligned(small, large.length);
  const first = shape.findIndex((dim) => dim !== 1);
  if (first < 0) return { axis: 0, shape: [] };
  const last = shape.findLastIndex((dim) => dim !== 1);
  return { axis: first, shape: large.slice(first, last + 1) };
}

/** A constant's values over the axes that it spans of a larger shape. */
export function placedNumbers(constant: Tensor, large: readonly number[]): Placement & { data: Numbers } {
  const { axis, shape } = placement(constant.shape, large);
  const own = aligned(constant.shape, large.length).slice(axis, axis + shape.length);
  return { axis, shape, data: expandNumbers(constant.data, own, shape) };
}

/**
 * Lays a computed blob over axes of a larger shape, as a second bottom of Scale or Bias: reshaped to the axes that it
 * spans, with those of one among them repeated. A scalar spans the shortest axis.
 */
export function placedBlob(c: EmitContext, small: Blob, large: readonly number[]): { axis: number; blob: Blob } {
  const { axis, shape } = placement(small.shape, large);
  if (shape.length === 0) {
    const shortest = large.indexOf(Math.min(...large));
    return { axis: shortest, blob: tile(c, reshape(c, small, [1]), 0, large[shortest]!) };
  }
  const own = aligned(small.shape, large.length).slice(axis, axis + shape.length);
  return { axis, blob: expandTo(c, reshape(c, small, own), shape) };
}

/** A blob repeated to a shape of at least as many axes. */
export function expandBlob(c: EmitContext, x: Blob, shape: readonly number[]): Blob {
  return expandTo(c, reshape(c, x, aligned(x.shape, shape.length)), shape.length === 0 ? [1] : shape);
}
