/**
 * Arithmetic of shapes: lists of dimensions, outermost first, `[]` for a scalar. Below all rooms, for every room has shapes.
 */

/** Product of the dimensions from index `from` up to, not including, `to`: the number of elements. */
export function product(dims: readonly number[], from = 0, to = dims.length): number {
  let n = 1;
  for (let i = from; i < to; i++) n *= dims[i]!;
  return n;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  // Every layer asks in every pass: without a function for each.
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The shape without its dimensions of one, which say nothing about where a value stands. */
export function withoutOnes(shape: readonly number[]): number[] {
  return shape.filter((dim) => dim !== 1);
}

/** The order of axes that undoes another: `inverseOrder([0, 2, 3, 1])` is `[0, 3, 1, 2]`. */
export function inverseOrder(order: readonly number[]): number[] {
  return order.map((_, axis) => order.indexOf(axis));
}

/** `1 3 480 576 (829440)`: a shape as Caffe's messages write it. */
export function shapeString(shape: readonly number[]): string {
  return [...shape, `(${product(shape)})`].join(' ');
}
