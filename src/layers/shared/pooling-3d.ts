/** Maxima and means over windows of volumes. */

/** A window along one axis. */
export interface Window3d {
  readonly size: number;
  readonly out: number;
  readonly kernel: number;
  readonly stride: number;
  readonly before: number;
  readonly behind: number;
}

/** Three windows, of axes in the order in which the blob has them. */
export type Volume = readonly [Window3d, Window3d, Window3d];

/**
 * Calls `window` for each result of a volume, in order, with the ranges that it covers inside the volume and the size of the
 * window within the padded volume.
 */
export function forEachWindow(
  volume: Volume,
  window: (ranges: readonly [number, number][], area: number) => void,
): void {
  const range = ({ kernel, stride, before, behind, size }: Window3d, at: number) => {
    const start = at * stride - before;
    const end = Math.min(start + kernel, size + behind);
    return { inside: [Math.max(start, 0), Math.min(end, size)] as [number, number], length: end - start };
  };
  const [a, b, c] = volume;
  for (let i = 0; i < a.out; i++)
    for (let j = 0; j < b.out; j++)
      for (let k = 0; k < c.out; k++) {
        const all = [range(a, i), range(b, j), range(c, k)];
        window(
          all.map(({ inside }) => inside),
          all.reduce((product, { length }) => product * length, 1),
        );
      }
}

/** Calls `visit` with the flat index of each element in the ranges. */
export function forEachInside(
  [, b, c]: Volume,
  [rangeA, rangeB, rangeC]: readonly [number, number][],
  visit: (index: number) => void,
): void {
  for (let i = rangeA![0]; i < rangeA![1]; i++)
    for (let j = rangeB![0]; j < rangeB![1]; j++)
      for (let k = rangeC![0]; k < rangeC![1]; k++) visit((i * b.size + j) * c.size + k);
}
