/**
 * Where values that live for a while go, in one stretch of memory: those that are never there at the same time may lie in
 * the same place.
 */

/** Places begin at multiples of this, as blobs of their own do. */
const ALIGNMENT = 64;

/** What has to be kept, and from which step to which, both included. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export interface Placement {
  /** Byte offset for each of the lifetimes. */
  readonly offsets: readonly number[];
  /** Size of the whole stretch. */
  readonly bytes: number;
}

/**
 * Places the largest first, each into the smallest gap that is free during its life, else behind all others (Pisarchyk
 * and Lee, 2020, "Efficient Memory Management for Deep Neural Net Inference": greedy by size).
 */
export function place(lifetimes: readonly Lifetime[]): Placement {
  const offsets = lifetimes.map(() => 0);
  const bySize = lifetimes.map((_, index) => index).sort((a, b) => sizeOf(lifetimes[b]!) - sizeOf(lifetimes[a]!));
  /** Indices, by offset. */
  const placed: number[] = [];
  let bytes = 0;
  for (const index of bySize) {
    const { first, last } = lifetimes[index]!;
    const size = sizeOf(lifetimes[index]!);
    let best: { offset: number; gap: number } | undefined;
    let end = 0;
    for (const other of placed) {
      const { first: from, last: to } = lifetimes[other]!;
      if (to < first || last < from) continue;
      const gap = offsets[other]! - end;
      if (gap >= size && gap < (best?.gap ?? Infinity)) best = { offset: end, gap };
      end = Math.max(end, offsets[other]! + sizeOf(lifetimes[other]!));
    }
    const offset = best?.offset ?? end;
    offsets[index] = offset;
    bytes = Math.max(bytes, offset + size);
    const at = placed.findIndex((other) => offsets[other]! > offset);
    placed.splice(at < 0 ? placed.length : at, 0, index);
  }
  return { offsets, bytes };
}

function sizeOf({ bytes }: Lifetime): number {
  return Math.ceil(Math.max(bytes, 1) / ALIGNMENT) * ALIGNMENT;
}
