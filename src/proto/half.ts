/** float32 to half precision (IEEE 754 binary16), rounded to the nearest, of two equally near ones to the even. */

/** Values that half precision cannot hold. */
export interface HalfRange {
  /** Finite values that became infinite: beyond 65504, up to rounding. */
  overflow: number;
  /** Values that became 0 and were not: below 3e-8. */
  underflow: number;
}

/** The bits of each value in half precision. @param range counts values that it cannot hold */
export function halvesOf(values: Float32Array, range: HalfRange = { overflow: 0, underflow: 0 }): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const magnitude = bits[i]! & 0x7fffffff;
    const half = halfOfMagnitude(magnitude);
    if (half === INFINITY && magnitude < FLOAT_INFINITY) range.overflow++;
    if (half === 0 && magnitude > 0) range.underflow++;
    halves[i] = ((bits[i]! >>> 16) & 0x8000) | half;
  }
  return halves;
}

const INFINITY = 0x7c00;
const FLOAT_INFINITY = 0x7f800000;
/** float32's bits of 65536, of the least normal half 2^-14, and of half its least subnormal 2^-25. */
const TOO_LARGE = 0x47800000;
const LEAST_NORMAL = 0x38800000;
const TOO_SMALL = 0x33000000;

/** From the bits of a float32 without its sign. */
function halfOfMagnitude(bits: number): number {
  if (bits > FLOAT_INFINITY) return 0x7e00;
  if (bits >= TOO_LARGE) return INFINITY;
  // The exponents differ in their bias; a carry out of the fraction is right in the exponent.
  if (bits >= LEAST_NORMAL) return (bits - 0x38000000 + 0xfff + ((bits >>> 13) & 1)) >>> 13;
  if (bits <= TOO_SMALL) return 0;
  const fraction = (bits & 0x7fffff) | 0x800000;
  const shift = 126 - (bits >>> 23);
  const whole = fraction >>> shift;
  const rest = fraction & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return whole + Number(rest > middle || (rest === middle && (whole & 1) === 1));
}
