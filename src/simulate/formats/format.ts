/** format: what a number format is to a simulation: how numbers of it lie, and how values are rounded to them in place. */
import type { Quantizer } from '../quantizer.js';

/** Name of a number format that chips compute in. */
export type FormatName = 'fp16' | 'bf16' | 'int8';

/** How finite numbers of a floating-point format lie. */
export interface FloatLimits {
  /** The largest finite number. */
  readonly largest: number;
  /** The smallest positive number with full precision. */
  readonly smallestNormal: number;
  /** Values up to this magnitude round to 0. */
  readonly roundsToZero: number;
}

/** A number format that chips compute in. */
export interface NumberFormat {
  readonly name: FormatName;
  /** One line for helps and lists. */
  readonly describe: string;
  /** Set for floating-point formats. Others are integers, whose scales come from the ranges of the values. */
  readonly limits?: FloatLimits;
  /**
   * Rounds values in place.
   * @param quantizer the scale, for integers
   * @param saturates whether what is beyond the largest number becomes that number, rather than infinity; integers always do
   */
  readonly round: (values: Float32Array, quantizer: Quantizer | undefined, saturates: boolean) => void;
}
