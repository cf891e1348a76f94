/**
 * visible: text as a terminal may show it. Names of layers, blobs and files come from files that anybody may have written:
 * a control sequence in one must not reach the terminal, a line feed must not look like another line of ours, and a name of
 * megabytes must not bury what is said about it.
 */

/** Control characters, and those that change the direction of what follows or break lines in some programs. */
const HIDDEN = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A word is cut beyond this length, and a line beyond the other. Paths and lists of a large net's layers are shorter. */
const MOST_OF_WORD = 1000;
const MOST_OF_LINE = 20_000;

/** One line: control characters as `\x1b` or `\n`, what is very long cut in its middle. */
export function visible(line: string): string {
  return cut(line).replace(HIDDEN, (character) => SHORT[character] ?? escaped(character));
}

/** Text in which line feeds and tabs mean what they are: rows of CSV. */
export function visibleText(text: string): string {
  return text.replace(HIDDEN, (character) => (character in SHORT ? character : escaped(character)));
}

/** JSON in which such characters are escaped as JSON escapes them: its value stays the same. */
export function visibleJson(json: string): string {
  const unicode = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  // Outside of strings JSON has no others than these.
  return json.replace(HIDDEN, (character) => (character in SHORT ? character : unicode(character)));
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
}

function cut(line: string): string {
  if (line.length <= MOST_OF_WORD) return line;
  const words = line.replace(/\S{1001,}/g, (word) => shortened(word, MOST_OF_WORD));
  return shortened(words, MOST_OF_LINE);
}

function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const [begin, end] = [text.slice(0, most * 0.6), text.slice(-most * 0.2)];
  return `${begin}…(${text.length - begin.length - end.length} characters left out)…${end}`;
}
