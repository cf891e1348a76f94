/** option-names: what the library says of `options.inputShapes` as the command line says it: `--input-shape`. */
import { NetspecError } from '../../errors.js';
import { optionName } from './options.js';

/** Options whose names differ by more than their spelling. */
const NAMES: Readonly<Record<string, string>> = { inputShapes: '--input-shape NAME=1x3x224x224' };

/** A text with the options as the command line calls them. */
export function asCommandLine(text: string): string {
  return text
    .replace(/\ban (options\.target)\b/g, 'a $1')
    .replace(/\boptions\.(\w+)/g, (_, key: string) => NAMES[key] ?? `--${optionName(key)}`);
}

/** Runs what speaks of its options, and lets its errors speak of the command line's. */
export async function withOptionNames<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    const { hint, items, ...details } = error.details;
    throw new NetspecError(asCommandLine(error.reason), {
      ...details,
      ...(hint !== undefined && { hint: asCommandLine(hint) }),
      ...(items && { items: items.map(asCommandLine) }),
      cause: error,
    });
  }
}
