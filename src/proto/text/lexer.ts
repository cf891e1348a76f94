/**
 * Splits prototxt into tokens, as protobuf's own text tokenizer does: `#` comments, both quote kinds, hex, octal and
 * float numbers with an f suffix. Knows where every token stands. Nothing of messages is known here.
 */
import { NetspecError, type Address } from '../../errors.js';

/** What a token is. A symbol is one character. */
export type TokenKind = 'end' | 'identifier' | 'integer' | 'float' | 'string' | 'symbol';

const TAB_WIDTH = 8;

const NEWLINE = 0x0a;
const HASH = 0x23;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const DOT = 0x2e;
const ZERO = 0x30;
const BACKSLASH = 0x5c;

const isWhitespace = (c: number): boolean => c === 0x20 || (c >= 0x09 && c <= 0x0d);
const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;
const isOctalDigit = (c: number): boolean => c >= 0x30 && c <= 0x37;
const isHexDigit = (c: number): boolean => isDigit(c) || (c >= 0x61 && c <= 0x66) || (c >= 0x41 && c <= 0x46);
const isLetter = (c: number): boolean => (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || c === 0x5f;
const isAlphanumeric = (c: number): boolean => isLetter(c) || isDigit(c);
const isOneOf = (c: number, chars: string): boolean => c > 0 && chars.includes(String.fromCharCode(c));

/**
 * A cursor over the tokens of a text, before the first until {@link next} is called. {@link kind}, {@link text} and {@link line} describe the token it stands on;
 * {@link next} moves it on. A malformed token throws when the cursor reaches it.
 *
 * Columns are those that protobuf reports: they count bytes of UTF-8 from 1, and a tab goes to the next multiple of 8.
 */
export class Lexer {
  kind: TokenKind = 'end';
  /** The token as written, quotes and escapes included; empty at the end. */
  text = '';
  /** Line of the token, from 1. */
  line = 1;

  readonly #source: string;
  readonly #file: string | undefined;
  #start = 0;
  #at = 0;
  #lineNow = 1;
  #lineStart = 0;
  /** Column of one offset on the current line, so that columns on a long line are counted on and not anew. */
  #counted = { lineStart: 0, offset: 0, column: 1 };

  constructor(source: string, file?: string) {
    this.#source = source;
    this.#file = file;
  }

  /** Offset of the current token's first character; at the end, of the text's. */
  get start(): number {
    return this.#start;
  }

  /** Offset behind the current token. */
  get end(): number {
    return this.#at;
  }

  /** Where the current token starts. */
  address(): Address {
    const address: Address = { line: this.line, column: this.#columnOf(this.#start) };
    if (this.#file !== undefined) address.file = this.#file;
    return address;
  }

  /** Moves to the next token. */
  next(): void {
    const previousKind = this.kind;
    const previousEnd = this.#at;
    this.#skipBlanks();
    const source = this.#source;
    this.#start = this.#at;
    this.line = this.#lineNow;
    if (this.#at >= source.length) {
      this.kind = 'end';
      this.text = '';
      return;
    }
    const c = source.charCodeAt(this.#at);
    if (isLetter(c)) {
      let at = this.#at + 1;
      while (isAlphanumeric(source.charCodeAt(at))) at++;
      this.#at = at;
      this.kind = 'identifier';
    } else if (isDigit(c)) {
      this.#at++;
      this.kind = this.#number(c === ZERO, false);
    } else if (c === DOT && isDigit(this.#peek(1))) {
      if (previousKind === 'identifier' && previousEnd === this.#start)
        throw this.#error('Need space between identifier and decimal point.', this.#start);
      this.#at += 2;
      this.kind = this.#number(false, true);
    } else if (c === DOUBLE_QUOTE || c === SINGLE_QUOTE) {
      this.#at++;
      this.#string(c);
      this.kind = 'string';
    } else {
      if (c < 0x20) throw this.#controlCharacter();
      if (c >= 0x80) throw this.#nonAscii();
      this.#at++;
      this.kind = 'symbol';
    }
    this.text = source.slice(this.#start, this.#at);
  }

  #skipBlanks(): void {
    const source = this.#source;
    let at = this.#at;
    for (; at < source.length; at++) {
      const c = source.charCodeAt(at);
      if (c === NEWLINE) {
        this.#lineNow++;
        this.#lineStart = at + 1;
      } else if (c === HASH) {
        // Up to the line's end, which the next round counts. A NUL ends a comment, too, to be refused as a token.
        while (source.charCodeAt(at + 1) > 0 && source.charCodeAt(at + 1) !== NEWLINE) at++;
      } else if (!isWhitespace(c)) {
        break;
      }
    }
    this.#at = at;
  }

  /** Character code `ahead` of the cursor, or -1 past the end. */
  #peek(ahead = 0): number {
    const c = this.#source.charCodeAt(this.#at + ahead);
    return Number.isNaN(c) ? -1 : c;
  }

  #takeWhile(accept: (c: number) => boolean): boolean {
    const from = this.#at;
    while (accept(this.#peek())) this.#at++;
    return this.#at > from;
  }

  #takeOneOf(chars: string): boolean {
    if (!isOneOf(this.#peek(), chars)) return false;
    this.#at++;
    return true;
  }

  #number(startedWithZero: boolean, startedWithDot: boolean): 'integer' | 'float' {
    let float = startedWithDot;
    if (startedWithZero && this.#takeOneOf('xX')) {
      if (!this.#takeWhile(isHexDigit)) throw this.#error('"0x" must be followed by hex digits.', this.#at);
    } else if (startedWithZero && isDigit(this.#peek())) {
      this.#takeWhile(isOctalDigit);
      if (isDigit(this.#peek())) throw this.#error('Numbers starting with leading zero must be in octal.', this.#at);
    } else {
      this.#takeWhile(isDigit);
      if (!startedWithDot && this.#takeOneOf('.')) {
        float = true;
        this.#takeWhile(isDigit);
      }
      if (this.#takeOneOf('eE')) {
        float = true;
        this.#takeOneOf('+-');
        if (!this.#takeWhile(isDigit)) throw this.#error('"e" must be followed by exponent.', this.#at);
      }
      if (this.#takeOneOf('fF')) float = true;
    }
    if (isLetter(this.#peek())) throw this.#error('Need space between number and identifier.', this.#at);
    if (this.#peek() === DOT)
      throw this.#error(
        float
          ? "Already saw decimal point or exponent; can't have another one."
          : 'Hex and octal numbers must be integers.',
        this.#at,
      );
    return float ? 'float' : 'integer';
  }

  #string(quote: number): void {
    const source = this.#source;
    for (;;) {
      const c = source.charCodeAt(this.#at);
      if (c === quote) {
        this.#at++;
        return;
      }
      if (c === NEWLINE)
        throw this.#error('String literals cannot cross line boundaries.', this.#at, this.#missingQuote(quote));
      // NUL, or no character.
      if (!(c > 0)) throw this.#error('Unexpected end of string.', this.#at, this.#missingQuote(quote));
      this.#at++;
      if (c === BACKSLASH) this.#escape();
    }
  }

  #missingQuote(quote: number): string {
    return `a closing ${String.fromCharCode(quote)} is missing`;
  }

  /** Checks one escape sequence, the backslash already taken. What it stands for is decoded later. */
  #escape(): void {
    const c = this.#peek();
    if (isOneOf(c, '\\abfnrtv?\'"') || isOctalDigit(c)) {
      this.#at++;
    } else if (this.#takeOneOf('xX')) {
      if (!isHexDigit(this.#peek())) throw this.#error('Expected hex digits for escape sequence.', this.#at);
    } else if (this.#takeOneOf('u')) {
      for (let i = 0; i < 4; i++, this.#at++)
        if (!isHexDigit(this.#peek())) throw this.#error('Expected four hex digits for \\u escape sequence.', this.#at);
    } else if (this.#takeOneOf('U')) {
      const digits = this.#source.slice(this.#at, this.#at + 8);
      if (!/^00(0[0-9a-f]|10)[0-9a-f]{4}$/i.test(digits))
        throw this.#error('Expected eight hex digits up to 10ffff for \\U escape sequence.', this.#at);
      this.#at += 8;
    } else {
      throw this.#error('Invalid escape sequence in string literal.', this.#at, 'write \\\\ for a backslash');
    }
  }

  #controlCharacter(): NetspecError {
    return this.#error('Invalid control characters encountered in text.', this.#at);
  }

  #nonAscii(): NetspecError {
    const codePoint = this.#source.codePointAt(this.#at)!;
    const name = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
    const hint =
      codePoint === 0xfeff
        ? `the file has a byte order mark (${name}); save it as UTF-8 without one, Caffe refuses it too`
        : codePoint >= 0xdc80 && codePoint <= 0xdcff
          ? `the byte 0x${(codePoint - 0xdc00).toString(16).toUpperCase()} is not UTF-8, and may stand only in strings and comments`
          : `the character ${name} may stand only in strings and comments`;
    const [firstByte] = new TextEncoder().encode(String.fromCodePoint(codePoint));
    return this.#error(`Interpreting non ascii codepoint ${firstByte!}.`, this.#at, hint);
  }

  #error(reason: string, offset: number, hint?: string): NetspecError {
    const address = { file: this.#file, line: this.#lineNow, column: this.#columnOf(offset) };
    return new NetspecError(reason, { ...address, hint });
  }

  /** Column of an offset on the line that the cursor is on. */
  #columnOf(offset: number): number {
    let counted = this.#counted;
    if (counted.lineStart !== this.#lineStart || counted.offset > offset)
      counted = this.#counted = { lineStart: this.#lineStart, offset: this.#lineStart, column: 1 };
    while (counted.offset < offset) {
      const c = this.#source.charCodeAt(counted.offset++);
      if (c === 0x09) counted.column += TAB_WIDTH - ((counted.column - 1) % TAB_WIDTH);
      else if (c < 0x80) counted.column++;
      // A surrogate is half of a four-byte character.
      else counted.column += c < 0x800 || (c >= 0xd800 && c <= 0xdfff) ? 2 : 3;
    }
    return counted.column;
  }
}
