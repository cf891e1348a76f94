/** values: checks of option values that the parser does not make, with the option's name in the error. */
import { NetspecError } from '../../errors.js';

/**
 * `name=path` pairs, as `--input` takes them.
 * @throws NetspecError for an argument of another form, or a name given twice.
 */
export function parsePairs(option: string, values: readonly string[]): Map<string, string> {
  return splitPairs(option, values, 'NAME=FILE', 'data=x.npy');
}

function splitPairs(option: string, values: readonly string[], form: string, example: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const value of values) {
    const at = value.indexOf('=');
    if (at <= 0 || at === value.length - 1)
      throw new NetspecError(`--${option} expects ${form}, got '${value}'`, {
        hint: `for example --${option} ${example}`,
      });
    const name = value.slice(0, at);
    if (pairs.has(name)) throw new NetspecError(`--${option} ${name}=… is given twice`);
    pairs.set(name, value.slice(at + 1));
  }
  return pairs;
}

/** More values than a blob can have here. */
const MOST_VALUES = 2 ** 31;

/**
 * `blob=1x3x224x224` pairs, as `--shape` takes them.
 * @throws NetspecError for an argument of another form, a dimension of 0, too many values, or a name given twice.
 */
export function parseShapes(option: string, values: readonly string[]): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  for (const value of values) {
    const [, name, text = ''] = /^(.+)=(\d+(?:[x,]\d+)*)$/.exec(value) ?? [];
    const shape = text.split(/[x,]/).map(Number);
    if (name === undefined || shape.includes(0))
      throw new NetspecError(`--${option} expects NAME=1x3x224x224, got '${value}'`);
    if (shape.reduce((product, dim) => product * dim, 1) >= MOST_VALUES)
      throw new NetspecError(`--${option} ${name}: a blob has fewer than 2^31 values`);
    if (shapes.has(name)) throw new NetspecError(`--${option} ${name}=… is given twice`);
    shapes.set(name, shape);
  }
  return shapes;
}

/**
 * `name=16000` pairs, or `name=1,2,3`, as `--input-value` takes them.
 * @throws NetspecError for an argument of another form, or a name given twice.
 */
export function parseValues(option: string, values: readonly string[]): Map<string, number[]> {
  const pairs = splitPairs(option, values, 'NAME=NUMBER', 'sr=16000');
  return new Map(
    [...pairs].map(([name, text]) => [name, parseNumbers(`${option} ${name}`, text, undefined, '16000')] as const),
  );
}

/**
 * Refuses what is no number, or one below `least`; yargs makes NaN of words that are no numbers.
 * @throws NetspecError
 */
export function checkNumber(option: string, value: number | undefined, least = -Infinity): void {
  if (value === undefined || (Number.isFinite(value) && value >= least)) return;
  const expected = least === -Infinity ? 'a number' : `a number of ${least} or more`;
  throw new NetspecError(`--${option} expects ${expected}, got ${Number.isNaN(value) ? 'no number' : value}`);
}

/**
 * Refuses what is no whole number of at least 1; yargs makes NaN of words that are no numbers.
 * @throws NetspecError
 */
export function checkCount(option: string, value: number | undefined): void {
  if (value !== undefined && (!Number.isSafeInteger(value) || value < 1))
    throw new NetspecError(
      `--${option} expects a whole number of at least 1, got ${Number.isNaN(value) ? 'no number' : value}`,
    );
}

/**
 * Numbers separated by commas.
 * @param count how many there must be
 * @throws NetspecError for another number of them, or what is no number.
 */
export function parseNumbers(option: string, text: string, count: number | undefined, example: string): number[] {
  const parts = text.split(',').map((part) => part.trim());
  const numbers = parts.map(Number);
  if ((count !== undefined && parts.length !== count) || parts.includes('') || !numbers.every(Number.isFinite))
    throw new NetspecError(`--${option} expects ${count ?? 'some'} numbers separated by commas, got '${text}'`, {
      hint: `for example --${option} ${example}`,
    });
  return numbers;
}
