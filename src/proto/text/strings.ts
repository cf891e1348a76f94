/**
 * String literals of the text format: what their escapes stand for, and how protobuf's C++ printer escapes them.
 */
import { decodeUtf8, encodeUtf8 } from '../utf8.js';

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 0x07,
  b: 0x08,
  t: 0x09,
  n: 0x0a,
  v: 0x0b,
  f: 0x0c,
  r: 0x0d,
  '"': 0x22,
  "'": 0x27,
  '?': 0x3f,
  '\\': 0x5c,
};

/** Text of adjacent literals, given as tokens with their quotes. Bytes written as escapes are read as UTF-8. */
export function textOfLiterals(tokens: readonly string[]): string {
  if (tokens.every((token) => !token.includes('\\'))) return tokens.map((token) => token.slice(1, -1)).join('');
  return decodeUtf8(bytesOfLiterals(tokens));
}

/** Bytes of adjacent literals, given as tokens with their quotes; the lexer has checked the escapes. */
export function bytesOfLiterals(tokens: readonly string[]): Uint8Array {
  const bytes: number[] = [];
  for (const token of tokens) {
    const body = token.slice(1, -1);
    for (let at = 0; at < body.length;) {
      let end = body.indexOf('\\', at);
      if (end < 0) end = body.length;
      if (end > at) for (const byte of encodeUtf8(body.slice(at, end))) bytes.push(byte);
      at = end < body.length ? pushEscape(body, end + 1, bytes) : end;
    }
  }
  return Uint8Array.from(bytes);
}

/** Appends what the escape at `at`, just after its backslash, stands for; returns the position after it. */
function pushEscape(body: string, at: number, bytes: number[]): number {
  const [octal] = /^[0-7]{1,3}/.exec(body.slice(at, at + 3)) ?? [];
  if (octal) {
    bytes.push(parseInt(octal, 8) & 0xff);
    return at + octal.length;
  }
  const letter = body.charAt(at++);
  if (letter === 'x' || letter === 'X') {
    const [hex] = /^[0-9a-f]{1,2}/i.exec(body.slice(at, at + 2))!;
    bytes.push(parseInt(hex, 16));
    return at + hex.length;
  }
  if (letter === 'u' || letter === 'U') {
    const length = letter === 'u' ? 4 : 8;
    let codePoint = parseInt(body.slice(at, at + length), 16);
    at += length;
    const [, trail] = /^\\u(d[c-f][0-9a-f]{2})/i.exec(body.slice(at, at + 6)) ?? [];
    if (codePoint >= 0xd800 && codePoint < 0xdc00 && trail !== undefined) {
      codePoint = 0x10000 + ((codePoint - 0xd800) << 10) + (parseInt(trail, 16) - 0xdc00);
      at += 6;
    }
    pushCodePoint(codePoint, bytes);
    return at;
  }
  bytes.push(SIMPLE_ESCAPES[letter]!);
  return at;
}

/** UTF-8 of a code point; an unpaired surrogate gets the three bytes that protobuf writes for it. */
function pushCodePoint(c: number, bytes: number[]): void {
  if (c < 0x80) bytes.push(c);
  else if (c < 0x800) bytes.push(0xc0 | (c >> 6), 0x80 | (c & 0x3f));
  else if (c < 0x10000) bytes.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f));
  else bytes.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 0x3f), 0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f));
}

const ESCAPED = Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x0a) return '\\n';
  if (byte === 0x0d) return '\\r';
  if (byte === 0x09) return '\\t';
  if (byte === 0x22 || byte === 0x27 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\${byte.toString(8).padStart(3, '0')}`;
});

/** A quoted literal as the C++ printer writes it: everything but printable ASCII as octal bytes, both quotes escaped. */
export function literalOf(value: string | Uint8Array): string {
  if (typeof value === 'string' && /^[ !#-&(-[\]-~]*$/.test(value)) return `"${value}"`;
  let literal = '"';
  for (const byte of typeof value === 'string' ? encodeUtf8(value) : value) literal += ESCAPED[byte]!;
  return `${literal}"`;
}
