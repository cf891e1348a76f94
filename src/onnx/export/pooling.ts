/** Pooling windows in ONNX: Caffe's sizes by padding behind, and its divisors by a map where ONNX has another. */
import { Refusal } from '../graph/attributes.js';
import type { Value } from './graph-builder.js';
import type { Ops } from './ops.js';

/** A window along one axis, with the padding that counts in means. */
export interface PoolAxis {
  readonly kernel: number;
  readonly stride: number;
  readonly before: number;
  readonly behind: number;
}

/** How a mean divides: by the window within the padded image, as Caffe, or by the part of it inside the image. */
export type Divisor = 'padded' | 'inside';

/** Padding behind the image with which the operator makes as many windows as the layer, and no more. */
function paddingBehind(x: Value, shape: readonly number[], window: readonly PoolAxis[]): number[] {
  return window.map(({ kernel, stride, before }, i) =>
    Math.max(0, (shape[i + 2]! - 1) * stride + kernel - x.shape[i + 2]! - before),
  );
}

function attributesOf(window: readonly PoolAxis[], behind: readonly number[]) {
  return {
    kernel_shape: window.map(({ kernel }) => kernel),
    strides: window.map(({ stride }) => stride),
    pads: [...window.map(({ before }) => before), ...behind],
  };
}

/** Lowest finite float32: what Caffe's maxima begin with. */
const LOWEST = -3.4028234663852886e38;

/** Maxima, and with `indices` where in the whole of x each was found. */
export function maxPool(
  ops: Ops,
  x: Value,
  shape: readonly number[],
  window: readonly PoolAxis[],
  indices = false,
): Value[] {
  const behind = paddingBehind(x, shape, window);
  const outside = window.map(({ kernel }, i) => behind[i]! >= kernel);
  // A stride larger than the kernel can leave a last window without elements, whose maximum is the lowest number.
  if (outside.some(Boolean)) {
    if (indices)
      throw new Refusal('its last window lies outside the image, so that its mask is −1', 'use round_mode: FLOOR');
    const padded = ops.pad(
      x,
      x.shape.map(() => 0),
      [0, 0, ...behind],
      LOWEST,
    );
    return maxPool(ops, padded, shape, window);
  }
  const outputs = [{ shape, type: 'float' as const }, ...(indices ? [{ shape, type: 'int64' as const }] : [])];
  return ops.graph.nodeOf('MaxPool', [x], outputs, attributesOf(window, behind));
}

/** Means. */
export function averagePool(
  ops: Ops,
  x: Value,
  shape: readonly number[],
  window: readonly PoolAxis[],
  divisor: Divisor = 'padded',
): Value {
  const behind = paddingBehind(x, shape, window);
  if (window.some(({ kernel }, i) => behind[i]! >= kernel))
    throw new Refusal('its last window lies outside the image, so that its mean is 0/0', 'use round_mode: FLOOR');
  const attributes = attributesOf(window, behind);
  const pool = (counted: boolean): Value =>
    ops.node('AveragePool', [x], shape, { ...attributes, count_include_pad: counted ? 1 : 0 });
  if (divisor === 'inside') return pool(false);
  const isWhole = window.every((axis, i) => behind[i]! <= axis.behind);
  if (isWhole) return pool(attributes.pads.some((pad) => pad > 0));
  // Without padding of the layer's own, what lies inside the image is what lies inside the padded one.
  if (window.every(({ before, behind: own }) => before === 0 && own === 0)) return pool(false);
  const factors = window.map((axis, i) => windowFactors(axis, x.shape[i + 2]!, shape[i + 2]!));
  return factors.reduce((y, list, i) => {
    const along = shape.map((_, k) => (k === i + 2 ? list.length : 1));
    return list.every((factor) => factor === 1) ? y : ops.mul(y, ops.floats(list, along));
  }, pool(true));
}

/** For each window along an axis, the kernel's size divided by how much of it lies within the padded image. */
function windowFactors({ kernel, stride, before, behind }: PoolAxis, size: number, out: number): number[] {
  return Array.from({ length: out }, (_, i) => {
    const start = i * stride - before;
    return kernel / (Math.min(start + kernel, size + behind) - start);
  });
}
