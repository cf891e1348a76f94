/** option-names: what the library says of `options.inputShapes` as the command line says it: `--input-shape`. */
import { optionName } from './options.js';

/** Options whose names differ by more than their spelling. */
const NAMES: Readonly<Record<string, string>> = {
  blobShapes: '--shape',
  inputShapes: '--input-shape NAME=1x3x224x224',
  inputValues: '--input-value NAME=16000',
  schema: '--proto',
};

/** A text with the options as the command line calls them. */
export function asCommandLine(text: string): string {
  return text
    .replace(/\ban (options\.target)\b/g, 'a $1')
    .replace(/\boptions\.(\w+) false\b/g, (_, key: string) => `--no-${optionName(key)}`)
    .replace(/\boptions\.(\w+)/g, (_, key: string) => NAMES[key] ?? `--${optionName(key)}`);
}
