/** Bilinear interpolation of the planes of an image. */

/** Where one result takes its values from along an axis, and the weight of the second one. */
export interface Tap {
  readonly low: number;
  readonly high: number;
  readonly weight: number;
}

/**
 * Interpolates planes of `width` columns.
 * @param y rows.length x columns.length values for each plane
 */
export function interpolatePlanes(
  y: Float32Array,
  x: Float32Array,
  { planes, height, width }: { planes: number; height: number; width: number },
  rows: readonly Tap[],
  columns: readonly Tap[],
): void {
  for (let plane = 0, at = 0; plane < planes; plane++)
    for (const row of rows) {
      const low = (plane * height + row.low) * width;
      const high = (plane * height + row.high) * width;
      for (const column of columns) {
        const top = x[low + column.low]! + (x[low + column.high]! - x[low + column.low]!) * column.weight;
        const bottom = x[high + column.low]! + (x[high + column.high]! - x[high + column.low]!) * column.weight;
        y[at++] = top + (bottom - top) * row.weight;
      }
    }
}

/** Taps where the centres of the corner pixels coincide: steps of (size − 1) / (out − 1), in float32. */
export function alignedTaps(size: number, out: number, offset = 0): Tap[] {
  const ratio = Math.fround(out > 1 ? (size - 1) / (out - 1) : 0);
  return Array.from({ length: out }, (_, i) => {
    const position = Math.fround(ratio * i);
    const low = Math.trunc(position);
    return { low: offset + low, high: offset + (low < size - 1 ? low + 1 : low), weight: Math.fround(position - low) };
  });
}
