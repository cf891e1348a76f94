/** Resizing of images whose channels come last, as TensorFlow has them. */
import type { Value } from './graph-builder.js';
import type { Ops } from './ops.js';

/** ONNX resizes the last two axes of (N, C, H, W): what has its channels last is turned before and after. */
export function resizeImages(
  ops: Ops,
  x: Value,
  shape: readonly number[],
  isChannelsLast: boolean,
  how: Parameters<Ops['resize']>[2],
): Value {
  if (!isChannelsLast) return ops.resize(x, shape, how);
  const [first, back] = [
    [0, 3, 1, 2],
    [0, 2, 3, 1],
  ] as const;
  const wanted = first.map((axis) => shape[axis]!);
  return ops.transpose(ops.resize(ops.transpose(x, first), wanted, how), back);
}
