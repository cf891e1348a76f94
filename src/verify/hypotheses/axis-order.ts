/** axis-order: what an order of axes does to values. */

/**
 * Whether axes in another order leave the values where they are: those of one value may stand anywhere.
 * @param order the axes, each by its index
 * @param sizeOf how many values an axis has
 */
export function isSameOrder(order: readonly number[], sizeOf: (axis: number) => number): boolean {
  const large = order.filter((axis) => sizeOf(axis) !== 1);
  return large.every((axis, i) => i === 0 || axis > large[i - 1]!);
}
