/** number-text: numbers as numpy.savetxt writes them, and numbers between blanks as text dumps have them. */
import { NetspecError } from '../errors.js';

/** As Python's `%.18e`, numpy.savetxt's default: exact for every float32 of a usual size. */
export function numpyExponential(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const [digits, exponent] = value.toExponential(18).split('e') as [string, string];
  const sign = Object.is(value, -0) ? '-' : '';
  return `${sign}${digits}e${exponent[0]!}${exponent.slice(1).padStart(2, '0')}`;
}

/**
 * All numbers of a text, separated by blanks, commas or line ends.
 * @throws NetspecError at the first word that is no number, with its line
 */
export function numbersIn(bytes: Uint8Array): number[] {
  const text = new TextDecoder().decode(bytes);
  const numbers: number[] = [];
  for (const { 0: word, index } of text.matchAll(/[^\s,]+/g)) {
    const value = NAMED.get(word.toLowerCase()) ?? Number(word);
    if (Number.isNaN(value) && !NAMED.has(word.toLowerCase()))
      throw new NetspecError(`expected numbers, got '${word.slice(0, 20)}'`, {
        line: text.slice(0, index).split('\n').length,
      });
    numbers.push(value);
  }
  return numbers;
}

const NAMED: ReadonlyMap<string, number> = new Map([
  ['nan', NaN],
  ['-nan', NaN],
  ['inf', Infinity],
  ['-inf', -Infinity],
]);
