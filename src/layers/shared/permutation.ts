/** Exchange of axes, and reversal along axes: layers that move values and compute nothing. */

/**
 * Writes x with its axes in another order: axis k of y is axis `order[k]` of x.
 * @param shape x's shape; x and y hold as many elements and do not overlap
 */
export function permuteAxes(
  y: Float32Array,
  x: Float32Array,
  shape: readonly number[],
  order: readonly number[],
): void {
  const strides = rowMajorStrides(shape);
  copyStrided(
    y,
    x,
    order.map((axis) => shape[axis]!),
    order.map((axis) => strides[axis]!),
    0,
  );
}

/** Writes x with the elements along some axes in reverse. */
export function reverseAxes(y: Float32Array, x: Float32Array, shape: readonly number[], axes: readonly number[]): void {
  const strides = rowMajorStrides(shape);
  let first = 0;
  for (const axis of new Set(axes)) {
    first += (shape[axis]! - 1) * strides[axis]!;
    strides[axis] = -strides[axis]!;
  }
  copyStrided(y, x, shape, strides, first);
}

/** Distance in elements between neighbours along each axis. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** Fills y in order with the elements of x at `first` + Σ index · stride. */
function copyStrided(
  y: Float32Array,
  x: Float32Array,
  shape: readonly number[],
  strides: readonly number[],
  first: number,
): void {
  if (y.length === 0) return;
  const axes = shape.length;
  if (axes === 0) {
    y[0] = x[first]!;
    return;
  }
  const [inner, step] = [shape[axes - 1]!, strides[axes - 1]!];
  const index = new Array<number>(axes).fill(0);
  let from = first;
  for (let to = 0; to < y.length;) {
    if (step === 1) {
      y.set(x.subarray(from, from + inner), to);
      to += inner;
    } else for (let i = 0, at = from; i < inner; i++, at += step) y[to++] = x[at]!;
    // The next row: count the outer axes up as an odometer does.
    for (let axis = axes - 2; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}
