/** lines: what readers of tables in text share. */
import { NetspecError } from '../../errors.js';

/** The words of each line that is neither empty nor a comment, with the line's number. */
export function wordLines(text: string): { line: number; words: string[] }[] {
  return text.split('\n').flatMap((each, i) => {
    const trimmed = each.trim();
    return trimmed === '' || trimmed.startsWith('#') ? [] : [{ line: i + 1, words: trimmed.split(/\s+/) }];
  });
}

/** @throws NetspecError unless the word is a number that `accepts` takes. */
export function numberIn(
  word: string | undefined,
  line: number,
  what: string,
  accepts: (n: number) => boolean,
): number {
  const value = Number(word);
  if (word === undefined || word === '' || !Number.isFinite(value) || !accepts(value))
    throw new NetspecError(`line ${line}: expected ${what}, got ${word === undefined ? 'nothing' : `'${word}'`}`);
  return value;
}
