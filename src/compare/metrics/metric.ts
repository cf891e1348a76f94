/** metric: what a measure of agreement is. Each file beside this one holds one, and index.ts has a row for each. */
import type { Tolerance } from '../compare.js';

/** Both sides of a comparison. */
export interface Sides {
  actual: ArrayLike<number>;
  /** As many values as `actual`, but for measures that take other shapes. */
  reference: ArrayLike<number>;
  shape: readonly number[];
  referenceShape: readonly number[];
  /** What counts as equal, for measures that count. */
  tolerance: Tolerance;
  /** Whether no layer reads the blob: some measures are of a net's outputs only. */
  isOutput: boolean;
}

/** A measure of agreement. */
export interface Metric {
  /** As `--metric` takes it. */
  readonly name: string;
  /** The column's title in tables. */
  readonly title: string;
  /** What it says, in a few words. */
  readonly describe: string;
  /** Which values are the better ones; absent where a value is a place and no error. */
  readonly better?: 'smaller' | 'larger';
  /** Whether it can be taken of sides that differ in shape. */
  readonly takesShapes?: boolean;
  /** The measure; undefined where it does not apply. NaN where a value is NaN on one side only. */
  readonly measure: (sides: Sides) => number | undefined;
  /**
   * Whether a value is worse than it was by more than rounding explains.
   * @param scale the reference's largest magnitude
   */
  readonly isWorse?: (now: number, before: number, scale: number) => boolean;
}
