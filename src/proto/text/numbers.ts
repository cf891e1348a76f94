/**
 * Numbers as C prints them. The text format writes a float with `%.6g`, or with `%.9g` when six digits do not read back
 * as the same float32; a double with `%.15g` or `%.17g`.
 */

const SMALLEST_NORMAL_FLOAT = 2 ** -126;

/** A float32 as protobuf's text format prints it. The value is rounded to float32 first. */
export function formatFloat(value: number): string {
  const float = Math.fround(value);
  const short = formatG(float, 6);
  if (!Number.isFinite(float) || float === 0) return short;
  // strtof reports a subnormal result as out of range, so protobuf takes six digits of one for unreadable.
  const isReadable = Math.abs(float) >= SMALLEST_NORMAL_FLOAT && Math.fround(Number(short)) === float;
  return isReadable ? short : formatG(float, 9);
}

/** A float64 as protobuf's text format prints it. */
export function formatDouble(value: number): string {
  const short = formatG(value, 15);
  return Number(short) === value || !Number.isFinite(value) ? short : formatG(value, 17);
}

/** C's `%.<precision>g`, with protobuf's names for what is not finite. */
export function formatG(value: number, precision: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);

  const [mantissa, exponent] = roundHalfEven(Math.abs(value), precision).split('e') as [string, string];
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  const power = Number(exponent);
  return (value < 0 ? '-' : '') + layOut(digits, power, precision);
}

/** Significant digits `d.ddd × 10^power`, trailing zeros gone, in the form that %g chooses. */
function layOut(digits: string, power: number, precision: number): string {
  if (power < -4 || power >= precision) {
    const mantissa = digits.length > 1 ? `${digits[0]!}.${digits.slice(1)}` : digits;
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  if (power < 0) return `0.${'0'.repeat(-power - 1)}${digits}`;
  const whole = digits.slice(0, power + 1).padEnd(power + 1, '0');
  const fraction = digits.slice(power + 1);
  return fraction ? `${whole}.${fraction}` : whole;
}

/**
 * `value.toExponential(precision - 1)`, but a tie goes to the even digit as in C, where JavaScript goes away from zero:
 * 2097151.125 is 2097151.12 in nine digits.
 */
function roundHalfEven(value: number, precision: number): string {
  const rounded = value.toExponential(precision - 1);
  // A tie ends in exactly one digit 5 more. 100 digits are all JavaScript gives, and more than a tie can hide behind.
  if (!value.toExponential(precision).includes('5e')) return rounded;
  const exact = value.toExponential(100);
  const at = precision + 1; // of the digit after the last kept one, the point counted
  if (exact[at] !== '5' || !/^0*e/.test(exact.slice(at + 1))) return rounded;
  const lastKept = exact[precision === 1 ? 0 : precision]!;
  return Number(lastKept) % 2 === 0 ? `${exact.slice(0, precision + 1)}${exact.slice(exact.indexOf('e'))}` : rounded;
}
