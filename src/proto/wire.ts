/**
 * protobuf's wire format, the lowest level: tags, varints and fixed-width numbers, read from and written to bytes.
 * Nothing here knows of messages or fields.
 */

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const GROUP_START = 3;
export const GROUP_END = 4;
export const FIXED32 = 5;

/** Nested messages and groups beyond this depth are refused, as protobuf does, before they exhaust the stack. */
export const RECURSION_LIMIT = 100;

/**
 * How many messages and unknown fields a file of so many bytes may have. Each takes some hundred bytes of memory and as little
 * as two of the file. A layer has eight of them in sixty bytes at least: nets of 20,000 layers are far from it.
 */
export function mostMessages(bytes: number): number {
  return Math.min(2 ** 17 + Math.floor(bytes / 32), 2 ** 20);
}

/** The largest message protobuf can hold, in bytes; Caffe refuses to read more. */
export const MAX_MESSAGE_BYTES = 0x7fffffff;

/** Why a file of so many bytes with more than {@link mostMessages} is not read. */
export function tooMany(bytes: number): string {
  return `more than ${mostMessages(bytes)} messages and unknown fields in ${bytes} bytes: no net has so many`;
}

/** Bytes that are no protobuf message. The boundary turns it into a NetspecError with the message's name. */
export class MalformedBytes extends Error {
  /** The layer that they are in, as far as it was read. */
  layer?: { name?: string; type?: string };

  constructor(
    readonly reason: string,
    /** Where, counted from the start of the outermost message. */
    readonly offset: number,
    /** Fields from the outermost message inwards; each level puts itself in front. */
    readonly path: string[] = [],
  ) {
    super(reason);
  }
}

/** Reads wire values in order from `bytes`; `base` is added to the offsets in errors. */
export class WireReader {
  readonly #view: DataView;
  #messages = 0;

  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
    /** Reading never passes it; the reader of a nested message moves it in and back out. */
    public end = bytes.length,
    readonly base = 0,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(reason: string, at = this.at): never {
    throw new MalformedBytes(reason, this.base + at);
  }

  /** Counts a message, or an unknown field that is kept. @throws MalformedBytes when there are more than the bytes are worth */
  countMessage(at = this.at): void {
    if (++this.#messages > mostMessages(this.bytes.length)) this.fail(tooMany(this.bytes.length), at);
  }

  /** The next field's tag: number × 8 + wire type. */
  tag(): number {
    const start = this.at;
    const { lo, hi } = this.#varint();
    if (hi !== 0) this.fail('not a field tag', start);
    const tag = lo >>> 0;
    if (tag >>> 3 === 0) this.fail('a field cannot have number 0', start);
    return tag;
  }

  uint32(): number {
    return this.#varint().lo >>> 0;
  }

  int32(): number {
    return this.#varint().lo | 0;
  }

  bool(): boolean {
    const { lo, hi } = this.#varint();
    return (lo | hi) !== 0;
  }

  uint64(): number {
    const start = this.at;
    const { lo, hi } = this.#varint();
    return this.#safe(hi >>> 0, lo, start);
  }

  int64(): number {
    const start = this.at;
    const { lo, hi } = this.#varint();
    return this.#safe(hi | 0, lo, start);
  }

  /** As {@link int64}, but beyond ±2^53 the nearest number: for values that are compared and not counted with. */
  int64Nearest(): number {
    const { lo, hi } = this.#varint();
    return (hi | 0) * 2 ** 32 + (lo >>> 0);
  }

  sint32(): number {
    const value = this.uint32();
    return (value >>> 1) ^ -(value & 1);
  }

  sint64(): number {
    const start = this.at;
    const { lo, hi } = this.#varint();
    const sign = -(lo & 1);
    return this.#safe((hi >>> 1) ^ sign, ((lo >>> 1) | (hi << 31)) ^ sign, start);
  }

  fixed32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  sfixed32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  fixed64(): number {
    const at = this.#take(8);
    return this.#safe(this.#view.getUint32(at + 4, true), this.#view.getUint32(at, true), at);
  }

  sfixed64(): number {
    const at = this.#take(8);
    return this.#safe(this.#view.getInt32(at + 4, true), this.#view.getUint32(at, true), at);
  }

  float(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** Reads the length of a length-delimited field, checks that it fits, and returns the position after the field. */
  length(): number {
    const start = this.at;
    const length = this.announcedLength();
    const left = this.end - this.at;
    if (length > left) this.fail(`truncated: ${length} bytes announced, ${left} left`, start);
    return this.at + length;
  }

  /** The length of a length-delimited field, unchecked. */
  announcedLength(): number {
    const { lo, hi } = this.#varint();
    return (hi >>> 0) * 2 ** 32 + (lo >>> 0);
  }

  /** Passes over the value of a field whose tag was read at `tagAt`. */
  skip(tag: number, tagAt: number, depth = 0): void {
    switch (tag & 7) {
      case VARINT:
        this.#varint();
        return;
      case FIXED64:
        this.#take(8);
        return;
      case BYTES:
        this.at = this.length();
        return;
      case FIXED32:
        this.#take(4);
        return;
      case GROUP_START:
        this.#skipGroup(tag >>> 3, tagAt, depth + 1);
        return;
      default:
        this.fail(`not a field: wire type ${tag & 7}`, tagAt);
    }
  }

  #skipGroup(field: number, start: number, depth: number): void {
    if (depth > RECURSION_LIMIT) this.fail(`more than ${RECURSION_LIMIT} levels of nesting`, start);
    for (;;) {
      if (this.at >= this.end) this.fail(`truncated: group ${field} does not end`, start);
      const at = this.at;
      const tag = this.tag();
      if ((tag & 7) === GROUP_END) {
        if (tag >>> 3 !== field) this.fail(`group ${field} ends as group ${tag >>> 3}`, at);
        return;
      }
      this.skip(tag, at, depth);
    }
  }

  #take(count: number): number {
    const at = this.at;
    if (at + count > this.end) this.fail(`truncated: ${count} bytes expected, ${this.end - at} left`);
    this.at = at + count;
    return at;
  }

  #varint(): { lo: number; hi: number } {
    const { bytes, end } = this;
    let lo = 0;
    let hi = 0;
    for (let i = 0; i < 10; i++) {
      const at = this.at + i;
      if (at >= end) this.fail('truncated: a varint does not end');
      const byte = bytes[at]!;
      const bits = byte & 0x7f;
      if (i < 4) lo |= bits << (7 * i);
      else if (i === 4) {
        lo |= bits << 28;
        hi = bits >> 4;
      } else hi |= bits << (7 * i - 32);
      if (byte < 0x80) {
        this.at = at + 1;
        return { lo, hi };
      }
    }
    return this.fail('a varint is longer than 10 bytes');
  }

  #safe(hi: number, lo: number, at: number): number {
    const value = hi * 2 ** 32 + (lo >>> 0);
    if (!Number.isSafeInteger(value)) this.fail(`a 64-bit integer of ${value} is beyond ±2^53`, at);
    return value;
  }
}

/** Bytes that `value` takes as a varint; a negative one is sign-extended to 64 bits and takes 10. */
export function varintLength(value: number): number {
  if (value < 0) return 10;
  let length = 1;
  for (; value >= 128; value = Math.floor(value / 128)) length++;
  return length;
}

/** Writes wire values into bytes of known, sufficient length. */
export class WireWriter {
  at = 0;
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** A whole number within ±2^53, negative ones as 64-bit two's complement. */
  varint(value: number): void {
    let lo = value >>> 0;
    let hi = Math.floor(value / 2 ** 32) >>> 0;
    while (hi !== 0 || lo > 0x7f) {
      this.bytes[this.at++] = (lo & 0x7f) | 0x80;
      lo = ((lo >>> 7) | (hi << 25)) >>> 0;
      hi >>>= 7;
    }
    this.bytes[this.at++] = lo;
  }

  fixed32(value: number): void {
    this.#view.setUint32(this.at, value, true);
    this.at += 4;
  }

  fixed64(value: number): void {
    this.#view.setUint32(this.at, value >>> 0, true);
    this.#view.setUint32(this.at + 4, Math.floor(value / 2 ** 32) >>> 0, true);
    this.at += 8;
  }

  float(value: number): void {
    this.#view.setFloat32(this.at, value, true);
    this.at += 4;
  }

  double(value: number): void {
    this.#view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }
}
