/**
 * scan: the tokens of a prototxt that is being typed. Nothing is refused: a string without its end goes to the end of the line, a
 * character that has no meaning is a token of its own. The lexer of src/proto/text says what is wrong.
 */

export type SyntaxTokenKind = 'word' | 'number' | 'string' | 'symbol';

/** A token; `end` is behind its last character. */
export interface SyntaxToken {
  readonly kind: SyntaxTokenKind;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A comment from its `#` to the end of its line, which is not part of it. */
export interface SyntaxComment {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Nothing but blanks stands before it on its line. */
  readonly isAlone: boolean;
}

export interface Scan {
  readonly tokens: readonly SyntaxToken[];
  readonly comments: readonly SyntaxComment[];
}

const TOKEN = new RegExp(
  [
    String.raw`#[^\n]*`,
    String.raw`[A-Za-z_][A-Za-z_0-9]*`,
    String.raw`(?:\d|\.\d)(?:[0-9A-Za-z_.]|(?<=[eE])[+-])*`,
    String.raw`"(?:[^"\\\n]|\\[^\n])*"?`,
    String.raw`'(?:[^'\\\n]|\\[^\n])*'?`,
    String.raw`\S`,
  ].join('|'),
  'g',
);

/** All tokens and comments of a text, in order. */
export function scan(text: string): Scan {
  const tokens: SyntaxToken[] = [];
  const comments: SyntaxComment[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const start = match.index;
    const [found] = match;
    const code = found.charCodeAt(0);
    if (code === HASH) {
      const shown = found.trimEnd();
      const lineStart = text.lastIndexOf('\n', start - 1) + 1;
      const isAlone = text.slice(lineStart, start).trim() === '';
      comments.push({ start, end: start + shown.length, text: shown, isAlone });
    } else tokens.push({ kind: kindOf(code, found), start, end: start + found.length, text: found });
  }
  return { tokens, comments };
}

const HASH = 0x23;

function kindOf(code: number, text: string): SyntaxTokenKind {
  if (code === 0x22 || code === 0x27) return 'string';
  if (/^[A-Za-z_]/.test(text)) return 'word';
  return /^\.?\d/.test(text) ? 'number' : 'symbol';
}

/** A string token without its quotes, of which the last may be missing; escapes stay as they are written. */
export function contentOf({ text, start }: SyntaxToken): { text: string; start: number; end: number } {
  const isClosed = text.length > 1 && text.endsWith(text[0]!);
  const content = text.slice(1, isClosed ? -1 : undefined);
  return { text: content, start: start + 1, end: start + 1 + content.length };
}
