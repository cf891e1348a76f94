/**
 * Comparing numbers with a tolerance, and error messages in full.
 */

/**
 * Throws unless each number is within `tolerance` of the expected one; a NaN is expected as NaN, an infinity as itself.
 * @param tolerance one for all, or one for each
 */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number | ArrayLike<number>,
): void {
  if (actual.length !== expected.length)
    throw new Error(`expected ${expected.length} numbers, got ${actual.length}: ${Array.from(actual).join(', ')}`);
  for (let i = 0; i < expected.length; i++) {
    const [x, y] = [actual[i]!, expected[i]!];
    const allowed = typeof tolerance === 'number' ? tolerance : tolerance[i]!;
    if (Object.is(x, y) || Math.abs(x - y) <= allowed) continue;
    throw new Error(`at ${i}: expected ${y} within ${allowed.toExponential(2)}, got ${x}`);
  }
}

/** The message of what `run` throws; throws itself when nothing is thrown. */
export function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('expected an error, got none');
}

/** Half a unit in the last place of 1: the relative error of one float32 operation. */
export const ROUNDING = 2 ** -24;
