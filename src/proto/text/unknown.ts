/**
 * Fields that the schema does not know, printed from their raw bytes as `protoc --decode` prints them: by number, with
 * the value as the wire alone tells it.
 */
import { literalOf } from './strings.js';

/** Bytes that could be a message are printed as one down to this depth, as protobuf does. */
const MESSAGE_DEPTH = 10;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const GROUP_START = 3;
const GROUP_END = 4;
const FIXED32 = 5;

interface UnknownField {
  number: number;
  value:
    | { kind: 'varint'; bits: bigint }
    | { kind: 'fixed32'; bits: bigint }
    | { kind: 'fixed64'; bits: bigint }
    | { kind: 'bytes'; bytes: Uint8Array }
    | { kind: 'group'; fields: UnknownField[] };
}

/** Appends one line per field, or several for what looks like a message. Bytes that are no field are left out. */
export function printUnknownFields(raw: readonly Uint8Array[], indent: string, out: string[]): void {
  for (const bytes of raw) {
    const fields = new UnknownReader(bytes).fields(MESSAGE_DEPTH);
    if (fields) print(fields, indent, MESSAGE_DEPTH, out);
  }
}

function print(fields: readonly UnknownField[], indent: string, depth: number, out: string[]): void {
  for (const { number, value } of fields) {
    const start = `${indent}${number}`;
    const printNested = (nested: readonly UnknownField[]): void => {
      out.push(`${start} {\n`);
      print(nested, `${indent}  `, depth - 1, out);
      out.push(`${indent}}\n`);
    };
    if (value.kind === 'varint') out.push(`${start}: ${value.bits}\n`);
    else if (value.kind === 'fixed32') out.push(`${start}: 0x${value.bits.toString(16).padStart(8, '0')}\n`);
    else if (value.kind === 'fixed64') out.push(`${start}: 0x${value.bits.toString(16).padStart(16, '0')}\n`);
    else if (value.kind === 'group') printNested(value.fields);
    else {
      const nested = value.bytes.length > 0 && depth > 0 ? new UnknownReader(value.bytes).fields(depth) : undefined;
      if (nested) printNested(nested);
      else out.push(`${start}: ${literalOf(value.bytes)}\n`);
    }
  }
}

/** Reads bytes as a run of fields of no known type. Ambiguity is the normal case, so failing is a value and no error. */
class UnknownReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** All the fields up to the end, or undefined when the bytes are no message. */
  fields(groupDepth: number): UnknownField[] | undefined {
    return this.#run(undefined, groupDepth);
  }

  /** Fields up to the end of `group`, or of the bytes when there is none. */
  #run(group: number | undefined, groupDepth: number): UnknownField[] | undefined {
    const fields: UnknownField[] = [];
    while (this.#at < this.#bytes.length) {
      const wide = this.#varint();
      if (wide === undefined) return undefined;
      const tag = Number(BigInt.asUintN(32, wide));
      const number = tag >>> 3;
      if (number === 0) return undefined;
      if ((tag & 7) === GROUP_END) return number === group ? fields : undefined;
      const value = this.#value(tag & 7, number, groupDepth);
      if (!value) return undefined;
      fields.push({ number, value });
    }
    return group === undefined ? fields : undefined;
  }

  #value(wireType: number, number: number, groupDepth: number): UnknownField['value'] | undefined {
    switch (wireType) {
      case VARINT: {
        const bits = this.#varint();
        return bits === undefined ? undefined : { kind: 'varint', bits };
      }
      case FIXED32: {
        const bits = this.#fixed(4);
        return bits === undefined ? undefined : { kind: 'fixed32', bits };
      }
      case FIXED64: {
        const bits = this.#fixed(8);
        return bits === undefined ? undefined : { kind: 'fixed64', bits };
      }
      case BYTES: {
        const length = this.#varint();
        if (length === undefined || length > BigInt(this.#bytes.length - this.#at)) return undefined;
        const start = this.#at;
        this.#at += Number(length);
        return { kind: 'bytes', bytes: this.#bytes.subarray(start, this.#at) };
      }
      case GROUP_START: {
        if (groupDepth <= 0) return undefined;
        const fields = this.#run(number, groupDepth - 1);
        return fields && { kind: 'group', fields };
      }
      default:
        return undefined;
    }
  }

  #varint(): bigint | undefined {
    let bits = 0n;
    for (let i = 0; i < 10; i++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) return undefined;
      bits |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asUintN(64, bits);
    }
    return undefined;
  }

  #fixed(width: number): bigint | undefined {
    if (this.#at + width > this.#bytes.length) return undefined;
    let bits = 0n;
    for (let i = width - 1; i >= 0; i--) bits = (bits << 8n) | BigInt(this.#bytes[this.#at + i]!);
    this.#at += width;
    return bits;
  }
}
