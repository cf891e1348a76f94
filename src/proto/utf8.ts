/**
 * Strings as protobuf holds them: UTF-8, except that proto2 never checks it. Bytes that are no UTF-8 (a layer named in
 * GBK or Latin-1) become lone surrogates U+DC80 … U+DCFF, one a byte, and turn back into the same bytes on writing.
 */

const ESCAPE = 0xdc00;
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of `bytes`; each byte 0x80 … 0xff that belongs to no valid UTF-8 sequence becomes U+DC00 + byte. */
export function decodeUtf8(bytes: Uint8Array): string {
  if (bytes.length < 64) {
    let text = '';
    let i = 0;
    for (; i < bytes.length && bytes[i]! < 0x80; i++) text += String.fromCharCode(bytes[i]!);
    if (i === bytes.length) return text;
  }
  try {
    return strict.decode(bytes);
  } catch {
    return decodeWithEscapes(bytes);
  }
}

function decodeWithEscapes(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length;) {
    const length = sequenceLength(bytes[i]!);
    let piece: string | undefined;
    try {
      if (length > 0 && i + length <= bytes.length) piece = strict.decode(bytes.subarray(i, i + length));
    } catch {
      // not UTF-8 from here: this one byte is escaped and the next is tried as a start
    }
    text += piece ?? String.fromCharCode(ESCAPE + bytes[i]!);
    i += piece === undefined ? 1 : length;
  }
  return text;
}

/** Bytes in the sequence that starts with `lead`; 0 when none does. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

/** Number of bytes that {@link writeUtf8} writes; undefined when the text holds a surrogate that stands for no byte. */
export function utf8Length(text: string): number | undefined {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    else if (unit < 0xd800 || unit > 0xdfff) length += 3;
    else if (unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) {
      length += 4;
      i++;
    } else if (unit >= ESCAPE + 0x80 && unit <= ESCAPE + 0xff) length += 1;
    else return undefined;
  }
  return length;
}

/** Writes the text at `at` and returns the position after it. The room is what {@link utf8Length} says. */
export function writeUtf8(text: string, into: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) {
    let unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00) unit = 0x10000 + ((unit - 0xd800) << 10) + (text.charCodeAt(++i) - 0xdc00);
    if (unit < 0x80) into[at++] = unit;
    else if (unit < 0x800) {
      into[at++] = 0xc0 | (unit >> 6);
      into[at++] = 0x80 | (unit & 0x3f);
    } else if (unit >= 0xdc00 && unit <= 0xdfff) into[at++] = unit - ESCAPE;
    else if (unit < 0x10000) {
      into[at++] = 0xe0 | (unit >> 12);
      into[at++] = 0x80 | ((unit >> 6) & 0x3f);
      into[at++] = 0x80 | (unit & 0x3f);
    } else {
      into[at++] = 0xf0 | (unit >> 18);
      into[at++] = 0x80 | ((unit >> 12) & 0x3f);
      into[at++] = 0x80 | ((unit >> 6) & 0x3f);
      into[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return at;
}

/** The bytes of `text`, escapes turned back; a surrogate that stands for no byte is written as U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const length = utf8Length(text);
  if (length === undefined) return new TextEncoder().encode(text);
  const bytes = new Uint8Array(length);
  writeUtf8(text, bytes, 0);
  return bytes;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
