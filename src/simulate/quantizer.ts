/**
 * quantizer: values as 8-bit integers and back: q = round(value / scale) + zero point, clamped, as ONNX's QuantizeLinear computes it.
 * Ties go to even.
 */

/** The range of values that the integers are to hold. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** How values become 8-bit integers. */
export interface Quantizer {
  /** What one step of the integers is worth; a float32 number above 0. */
  readonly scale: number;
  /** The integer that stands for 0. */
  readonly zeroPoint: number;
}

export const LEAST = -128;
export const MOST = 127;
/** Added to a double and taken away again, it leaves the nearest whole number, ties to even. */
const ROUNDING = 1.5 * 2 ** 52;
/** A range of zeros only has a scale too. */
const SMALLEST_SCALE = 2 ** -100;

/** The quantizer with zero point 0 whose integers from -127 to 127 hold magnitudes up to `threshold`. */
export function symmetricQuantizer(threshold: number): Quantizer {
  return { scale: scaleOf(threshold / 127), zeroPoint: 0 };
}

/** The quantizer whose 256 integers hold a range, 0 included: 0 is a whole number of steps from its ends. */
export function asymmetricQuantizer({ min, max }: Range): Quantizer {
  const [low, high] = [Math.min(min, 0), Math.max(max, 0)];
  const scale = scaleOf((high - low) / 255);
  return { scale, zeroPoint: clamp(nearest(LEAST - low / scale)) };
}

function scaleOf(scale: number): number {
  return Math.max(Math.fround(scale), SMALLEST_SCALE);
}

function nearest(value: number): number {
  return value + ROUNDING - ROUNDING;
}

function clamp(value: number): number {
  return value < LEAST ? LEAST : value > MOST ? MOST : value;
}

/** The integer that stands for a value. NaN stays NaN. */
export function quantize(value: number, { scale, zeroPoint }: Quantizer): number {
  return clamp(nearest(Math.fround(value / scale)) + zeroPoint);
}

/** Replaces values by what their integers stand for. */
export function quantizeInPlace(values: Float32Array, quantizer: Quantizer): void {
  const { scale, zeroPoint } = quantizer;
  const [low, high] = [LEAST - zeroPoint, MOST - zeroPoint];
  for (let i = 0; i < values.length; i++) {
    const steps = Math.fround(values[i]! / scale) + ROUNDING - ROUNDING;
    values[i] = (steps < low ? low : steps > high ? high : steps) * scale;
  }
}

/** The range of values that integers hold without being clamped. */
export function rangeOf({ scale, zeroPoint }: Quantizer): Range {
  return { min: (LEAST - zeroPoint) * scale, max: (MOST - zeroPoint) * scale };
}
