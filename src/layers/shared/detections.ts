/** Boxes that overlap: what the detection layers of the forks share. */

/** A box by its corners. */
export interface Corners {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** A box by its centre and size. */
export interface CenterBox {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/**
 * Intersection over union of two boxes by their corners.
 * @param pixel 1 where a box from 0 to 0 is one pixel wide, 0 where it is empty
 * @param inner the same for the intersection alone; some forks count it otherwise
 */
export function cornerOverlap(a: Corners, b: Corners, pixel: 0 | 1 = 0, inner: 0 | 1 = pixel): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1) + inner;
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1) + inner;
  if (width <= 0 || height <= 0) return 0;
  const area = (box: Corners) => (box.x2 - box.x1 + pixel) * (box.y2 - box.y1 + pixel);
  return (width * height) / (area(a) + area(b) - width * height);
}

/** Intersection over union of two boxes by their centres, as Darknet computes it. */
export function centerOverlap(a: CenterBox, b: CenterBox): number {
  const along = (p: number, pSize: number, q: number, qSize: number) =>
    Math.min(p + pSize / 2, q + qSize / 2) - Math.max(p - pSize / 2, q - qSize / 2);
  const width = along(a.x, a.w, b.x, b.w);
  const height = along(a.y, a.h, b.y, b.h);
  if (width < 0 || height < 0) return 0;
  return (width * height) / (a.w * a.h + b.w * b.h - width * height);
}

/** Items in descending order of their scores; equal scores keep their order. */
export function byScore<T extends { readonly score: number }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => b.score - a.score);
}

/**
 * Greedy suppression: an item is dropped when an earlier one that is kept overlaps it too much.
 * @param drops whether the later item must go because of the earlier one
 */
export function suppress<T>(items: readonly T[], drops: (kept: T, item: T) => boolean): T[] {
  const kept: T[] = [];
  for (const item of items) if (!kept.some((other) => drops(other, item))) kept.push(item);
  return kept;
}

/**
 * Suppression in order of appearance: of two items that overlap too much, the one with the lower score goes, the later one of
 * equal scores.
 */
export function suppressUnsorted<T extends { readonly score: number }>(
  items: readonly T[],
  overlaps: (a: T, b: T) => boolean,
): T[] {
  const dropped = new Set<T>();
  items.forEach((a, i) => {
    if (dropped.has(a)) return;
    for (const b of items.slice(i + 1)) {
      // The first item goes on after it was dropped itself: its score is 0 then, and lower than any other.
      if (dropped.has(b) || !overlaps(a, b)) continue;
      dropped.add((dropped.has(a) ? 0 : a.score) < b.score ? a : b);
    }
  });
  return items.filter((item) => !dropped.has(item));
}

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
