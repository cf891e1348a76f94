/** Padding with a constant along all axes. */
import type { Blob } from '../../engine/blob.js';
import { rowMajorStrides } from './permutation.js';
import { valuesOf } from './views.js';

/**
 * Copies x into the inside of y, whose other elements get a value.
 * @param before how many elements of y lie before those of x, along each axis
 */
export function padConstant(y: Blob, x: Blob, before: readonly number[], value: number): void {
  const [to, from] = valuesOf(y, x);
  to.fill(value);
  const strides = rowMajorStrides(y.shape);
  const inner = x.shape.at(-1) ?? 1;
  const rowStrides = rowMajorStrides(x.shape.slice(0, -1));
  const first = before.reduce((sum, size, axis) => sum + size * strides[axis]!, 0);
  for (let row = 0; row < from.length / inner; row++) {
    const at = rowStrides.reduce(
      (sum, stride, axis) => sum + (Math.floor(row / stride) % x.shape[axis]!) * strides[axis]!,
      first,
    );
    to.set(from.subarray(row * inner, (row + 1) * inner), at);
  }
}
