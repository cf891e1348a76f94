/** Reductions over axes: their axes and shapes, references, and layers. */
import { product } from '../../../shapes.js';
import type { Blob } from '../../emit/builder.js';
import { caffeShape, type EmitContext } from '../../emit/emit-context.js';
import type { NodeContext } from '../../graph/node-context.js';
import type { Tensor } from '../../schema/model.js';
import type { Operator } from '../operator.js';
import { eltwise, mixAxis, neuron, power, range, reshape, slice } from './layers.js';

/** The axes that a node reduces, ascending; all of them by default. */
export function reducedAxes(c: NodeContext, axesSince: number): number[] {
  const rank = c.rank(0);
  const given = c.intsFrom('axes', 1, axesSince);
  if (!given || given.length === 0)
    return c.attributes.int('noop_with_empty_axes', 0) ? [] : Array.from({ length: rank }, (_, axis) => axis);
  return [...new Set(given.map((axis) => c.axis(axis, rank)))].sort((a, b) => a - b);
}

export function reducedShape(shape: readonly number[], axes: readonly number[], keep: boolean): number[] {
  return shape.flatMap((dim, axis) => (axes.includes(axis) ? (keep ? [1] : []) : [dim]));
}

/** Calls `each` with the elements that fall together, for every element of the result. */
function gatherLines(x: Tensor, axes: readonly number[], each: (values: Float64Array) => number): Float64Array {
  const { shape, data } = x;
  const rest = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const stride = (axis: number): number => product(shape, axis + 1);
  const offsets = (list: readonly number[]): number[] =>
    list.reduce<number[]>(
      (all, axis) => all.flatMap((at) => Array.from({ length: shape[axis]! }, (_, i) => at + i * stride(axis))),
      [0],
    );
  const inner = offsets(axes);
  const line = new Float64Array(inner.length);
  return Float64Array.from(offsets(rest), (at) => {
    inner.forEach((offset, i) => (line[i] = data[at + offset]!));
    return each(line);
  });
}

export function reduction(options: {
  type: string;
  caffe: string;
  grade?: Operator['grade'];
  notes?: string;
  /** Opset from which axes are an input. */
  axesSince: number;
  reduce: (values: Float64Array) => number;
  /** The layers, for axes of which there is at least one; any shape of the right number of elements. */
  emit: (c: EmitContext, x: Blob, axes: readonly number[]) => Blob;
  /** What it does to each element when there are no axes. */
  alone?: (c: EmitContext, x: Blob) => Blob;
}): Operator {
  const { type, caffe, grade = 'direct', notes, axesSince, reduce, emit, alone } = options;
  const keeps = (c: NodeContext): boolean => c.attributes.int('keepdims', 1) !== 0;
  return {
    type,
    caffe,
    grade,
    notes,
    infer: (c) => [{ type: c.type(0), shape: reducedShape(c.shape(0), reducedAxes(c, axesSince), keeps(c)) }],
    evaluate: (c, [x]) => {
      const axes = reducedAxes(c, axesSince);
      // With no axes given and noop_with_empty_axes there is nothing to do, not even to each element.
      const data =
        axes.length === 0 && x!.shape.length > 0 ? Float64Array.from(x!.data) : gatherLines(x!, axes, reduce);
      return [{ shape: reducedShape(x!.shape, axes, keeps(c)), type: x!.type, data }];
    },
    emit: (c) => {
      const x = c.blob(0);
      const axes = reducedAxes(c, axesSince).filter((axis) => (c.shape(0)[axis] ?? 1) !== 1);
      const isNothing = reducedAxes(c, axesSince).length === 0 && c.rank(0) > 0;
      const y = isNothing ? x : axes.length === 0 ? (alone?.(c, x) ?? x) : emit(c, x, axes);
      c.set(reshape(c, y, caffeShape(c.output().shape)));
    },
  };
}

/** Runs of axes that lie side by side, axes of one between them included. */
function contiguous(shape: readonly number[], axes: readonly number[]): { start: number; end: number }[] {
  const runs: { start: number; end: number }[] = [];
  for (const axis of axes) {
    const last = runs[runs.length - 1];
    if (last && shape.slice(last.end, axis).every((dim) => dim === 1)) last.end = axis + 1;
    else runs.push({ start: axis, end: axis + 1 });
  }
  return runs;
}

/** Whether the axes are what global pooling takes together. */
function isImagePlane(shape: readonly number[], axes: readonly number[]): boolean {
  return (
    shape.length === 4 &&
    axes.every((axis) => axis >= 2) &&
    [2, 3].every((axis) => shape[axis] === 1 || axes.includes(axis))
  );
}

/** Sum or mean over axes. The result's shape has ones for them, or lacks them. */
export function addUp(c: EmitContext, x: Blob, axes: readonly number[], operation: 'SUM' | 'MEAN'): Blob {
  const count = product(axes.map((axis) => x.shape[axis]!));
  if (operation === 'MEAN' && isImagePlane(x.shape, axes))
    return c.layer('Pooling', [x], { pool: 'AVE', global_pooling: true }, [...x.shape.slice(0, 2), 1, 1], {
      role: 'mean',
    });
  const first = axes[0]!;
  const isTail = x.shape.every((dim, axis) => axis < first || dim === 1 || axes.includes(axis));
  if (isTail)
    return c.layer(
      'Reduction',
      [x],
      { ...(operation === 'MEAN' && { operation }), ...(first !== 0 && { axis: first }) },
      x.shape.slice(0, first),
      { role: operation.toLowerCase() },
    );
  let y = x;
  for (const { start, end } of contiguous(x.shape, axes)) {
    const length = product(y.shape, start, end);
    const flat = reshape(c, y, [...y.shape.slice(0, start), length, ...y.shape.slice(end)]);
    const added = mixAxis(c, flat, start, 1, () => new Float32Array(length).fill(1), { role: 'sum' });
    y = reshape(
      c,
      added,
      y.shape.map((dim, axis) => (axis >= start && axis < end ? 1 : dim)),
    );
  }
  return operation === 'SUM' ? y : power(c, y, { scale: 1 / count }, 'mean');
}

/** Maximum over axes, which are one in the result. */
export function largest(c: EmitContext, x: Blob, axes: readonly number[]): Blob {
  if (isImagePlane(x.shape, axes))
    return c.layer('Pooling', [x], { global_pooling: true }, [...x.shape.slice(0, 2), 1, 1], { role: 'max' });
  let y = x;
  for (const { start, end } of contiguous(x.shape, axes)) {
    const [outer, length, inner] = [product(y.shape, 0, start), product(y.shape, start, end), product(y.shape, end)];
    const image = reshape(c, y, [outer, 1, length, inner]);
    const pooled = c.layer('Pooling', [image], { kernel_h: length, kernel_w: 1 }, [outer, 1, 1, inner], {
      role: 'max',
    });
    y = reshape(
      c,
      pooled,
      y.shape.map((dim, axis) => (axis >= start && axis < end ? 1 : dim)),
    );
  }
  return y;
}

/** Product over axes: halves multiplied with each other, again and again. */
export function multiplyUp(c: EmitContext, x: Blob, axes: readonly number[]): Blob {
  let y = x;
  for (const { start, end } of contiguous(x.shape, axes)) {
    const shape = y.shape.map((dim, axis) => (axis >= start && axis < end ? 1 : dim));
    let length = product(y.shape, start, end);
    let z = reshape(c, y, [...y.shape.slice(0, start), length, ...y.shape.slice(end)]);
    while (length > 1) {
      const half = length >> 1;
      const rest = length % 2 === 1 ? range(c, z, start, length - 1, length) : undefined;
      const even = rest ? range(c, z, start, 0, length - 1) : z;
      const [a, b] = slice(c, even, start, [half]) as [Blob, Blob];
      z = eltwise(c, 'PROD', [a, b]);
      length = half;
      if (!rest) continue;
      // The odd one goes into the first.
      const [head, ...tail] = length > 1 ? slice(c, z, start, [1]) : [z];
      const joined = eltwise(c, 'PROD', [head!, rest]);
      z =
        tail.length === 0 ? joined : c.layer('Concat', [joined, tail[0]!], start === 1 ? {} : { axis: start }, z.shape);
    }
    y = reshape(c, z, shape);
  }
  return y;
}

export const absolute = (c: EmitContext, x: Blob): Blob => neuron(c, 'AbsVal', x);
export const negative = (c: EmitContext, x: Blob): Blob => power(c, x, { scale: -1 }, 'negative');
export const square = (c: EmitContext, x: Blob): Blob => power(c, x, { power: 2 }, 'square');
