/**
 * compare: how far one array is from its reference. Sums are kept in float64, so the figures say something about the
 * arrays and not about the summation.
 */
import { NUMBER, checkArguments, fields } from '../arguments.js';

/** numpy.allclose's tolerances: |actual − reference| ≤ atol + rtol·|reference|. */
export interface Tolerance {
  rtol: number;
  atol: number;
  /**
   * Differences up to this part of the reference's largest magnitude agree as well: they are rounding, which a value near 0
   * among large ones does not escape. Default 0.
   */
  rounding?: number;
}

/** What `rtol` and `atol` are when not given: what float32 on both sides leaves after a deep net, with room. */
export const DEFAULT_TOLERANCE: Tolerance = { rtol: 1e-3, atol: 1e-4 };

/**
 * What float32 leaves of a layer on both sides. Sums in Caffe's order are within 1e-6 of the layer's largest output, measured
 * against float64; the reference's own engine sums in another order, with as much. Where a layer's values reach 1000, that is 0.002
 * at values near 0, beyond any tolerance for small values.
 */
export const ROUNDING = 2e-6;

/** How two arrays agree; see {@link compare}. */
export interface Comparison {
  /** Number of elements compared. */
  count: number;
  /** Largest |actual − reference|; NaN when a value on one side only is not a number. */
  maxAbs: number;
  /** `maxAbs` divided by the reference's largest magnitude: the error relative to the layer, not to one small element. */
  maxRel: number;
  /** Cosine of the angle between the two; 1 for two all-zero arrays, 0 when one of them alone is. */
  cosine: number;
  /** Whether every element is within the tolerance; NaN equals NaN, an infinity equals itself. */
  allclose: boolean;
  /** How many elements are outside the tolerance. */
  outside: number;
  /** Flat index of the worst element: the largest difference, or the first that is not comparable. */
  worstIndex: number;
  /** Largest magnitude in the reference. */
  referenceMax: number;
}

/**
 * Compares two arrays of equal length, element by element.
 * @example
 * const { maxAbs, allclose, outside } = compare([1, 2, 3.5], [1, 2, 3], { rtol: 1e-3, atol: 1e-4 });
 * maxAbs; // → 0.5
 * allclose; // → false
 * outside; // → 1
 */
export function compare(actual: ArrayLike<number>, reference: ArrayLike<number>, tolerance: Tolerance): Comparison {
  checkArguments('compare()', {
    tolerance: [tolerance, fields('a tolerance { rtol, atol }', { rtol: NUMBER, atol: NUMBER })],
  });
  const { rtol, atol, rounding = 0 } = tolerance;
  const count = reference.length;
  if (actual.length !== count) throw new RangeError(`cannot compare ${actual.length} values with ${count}`);
  let maxAbs = 0;
  let worstIndex = 0;
  let outside = 0;
  let referenceMax = 0;
  let dot = 0;
  let actualSquares = 0;
  let referenceSquares = 0;
  for (let i = 0; i < count; i++) {
    const a = actual[i]!;
    const b = reference[i]!;
    // Equal infinities, or NaN on both sides, agree and would only spoil the sums.
    if (!Number.isFinite(b) && Object.is(a, b)) continue;
    dot += a * b;
    actualSquares += a * a;
    referenceSquares += b * b;
    const magnitude = Math.abs(b);
    if (magnitude > referenceMax) referenceMax = magnitude;
    if (a === b) continue;
    const difference = Math.abs(a - b);
    if (isOutside(difference, atol + rtol * magnitude)) outside++;
    if (difference > maxAbs || (Number.isNaN(difference) && !Number.isNaN(maxAbs)))
      [maxAbs, worstIndex] = [difference, i];
  }
  const rounded = rounding * referenceMax;
  if (outside > 0 && rounded > atol && Number.isFinite(rounded))
    outside = outsideOf(actual, reference, { rtol, atol }, rounded);
  const norm = Math.sqrt(actualSquares * referenceSquares);
  const cosine = norm > 0 ? Math.min(1, Math.max(-1, dot / norm)) : actualSquares === referenceSquares ? 1 : norm;
  const maxRel = maxAbs === 0 ? 0 : maxAbs / referenceMax;
  return { count, maxAbs, maxRel, cosine, allclose: outside === 0, outside, worstIndex, referenceMax };
}

/** Written so that a NaN difference counts as outside; an infinite one is so even where the tolerance is infinite too. */
function isOutside(difference: number, allowed: number): boolean {
  return !(difference <= allowed) || difference === Infinity;
}

/** How many elements are outside a tolerance of which the largest magnitude had to be known first. */
function outsideOf(
  actual: ArrayLike<number>,
  reference: ArrayLike<number>,
  { rtol, atol }: Tolerance,
  rounded: number,
): number {
  let outside = 0;
  for (let i = 0; i < reference.length; i++) {
    const [a, b] = [actual[i]!, reference[i]!];
    if (Object.is(a, b) || a === b) continue;
    const magnitude = Math.abs(b);
    if (isOutside(Math.abs(a - b), Math.max(atol + rtol * magnitude, rounded))) outside++;
  }
  return outside;
}
