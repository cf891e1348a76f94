/** differences: walks over what differs. Values that are NaN or the same infinity on both sides agree, as in `compare`. */

/** Calls `visit` with each pair of values, but for those of which both are the same and not finite. */
export function eachPair(
  { actual, reference }: { actual: ArrayLike<number>; reference: ArrayLike<number> },
  visit: (a: number, b: number, index: number) => void,
): void {
  for (let i = 0; i < reference.length; i++) {
    const [a, b] = [actual[i]!, reference[i]!];
    if (Number.isFinite(b) || !Object.is(a, b)) visit(a, b, i);
  }
}

/** Sums over all pairs. */
export interface Squares {
  /** Of the squares of the differences; NaN when one is no number. */
  error: number;
  /** Of the squares of the reference. */
  signal: number;
  count: number;
}

export function squaresOf(sides: { actual: ArrayLike<number>; reference: ArrayLike<number> }): Squares {
  const squares = { error: 0, signal: 0, count: 0 };
  eachPair(sides, (a, b) => {
    squares.error += (a - b) ** 2;
    squares.signal += b * b;
    squares.count++;
  });
  return squares;
}

/** A ratio of powers in decibels; infinite where nothing is lost. */
export function decibels(signal: number, error: number): number {
  return error === 0 ? Infinity : 10 * Math.log10(signal / error);
}
