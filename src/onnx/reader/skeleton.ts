/**
 * A model without its large tensors: scans tags and lengths of the file once, leaves values where they lie, and keeps the
 * rest as a valid message of a few hundred kilobytes, whatever the size of the file.
 */
import type { RandomAccess } from '../../proto/random-access.js';
import {
  BYTES,
  GROUP_START,
  MalformedBytes,
  RECURSION_LIMIT,
  WireReader,
  WireWriter,
  varintLength,
} from '../../proto/wire.js';

/** Where values lie in the file. */
export interface Stretch {
  readonly offset: number;
  readonly length: number;
}

export interface Skeleton {
  /** The ModelProto without large values, lengths corrected. */
  readonly bytes: Uint8Array;
  /** Values that were left out, by the place in `bytes` just after the empty field that stands for them. */
  readonly holes: ReadonlyMap<number, Stretch>;
  /** Turns an offset in `bytes` into one in the file. */
  offsetInFile(offset: number): number;
  /** The message with other fields in the places of the values that were left out. */
  filled(fields: (hole: Hole) => Uint8Array): Uint8Array;
}

/** A value that was left out. */
export interface Hole {
  /** Of its field. */
  readonly tag: number;
  readonly stretch: Stretch;
}

/** Messages up to this size are kept without a look. */
const SMALL = 4096;
const WINDOW_BYTES = 64 * 1024;
/** A tag and a length, each at most ten bytes. */
const HEADER_BYTES = 20;

type Kind = 'Model' | 'Graph' | 'Function' | 'Node' | 'Attribute' | 'Tensor' | 'SparseTensor';

interface Fields {
  /** Messages to look into. */
  readonly into: Readonly<Record<number, Kind>>;
  /** Other fields that are kept when they are large. */
  readonly keep: readonly number[];
  /** Values that are left in the file. */
  readonly values?: readonly number[];
}

/** By the numbers of onnx.proto. Of the other fields the small ones are kept; large ones are documentation. */
const FIELDS: Readonly<Record<Kind, Fields>> = {
  Model: { into: { 7: 'Graph', 25: 'Function' }, keep: [2, 8] },
  Graph: { into: { 1: 'Node', 5: 'Tensor', 15: 'SparseTensor' }, keep: [2, 11, 12, 13] },
  Function: { into: { 7: 'Node', 11: 'Attribute' }, keep: [1, 4, 5, 6, 9, 10] },
  Node: { into: { 5: 'Attribute' }, keep: [1, 2, 3, 4, 7] },
  Attribute: { into: { 5: 'Tensor', 6: 'Graph', 10: 'Tensor', 11: 'Graph' }, keep: [1, 4, 7, 8, 9] },
  Tensor: { into: {}, keep: [1, 6, 8, 13], values: [4, 5, 7, 9, 10, 11] },
  SparseTensor: { into: { 1: 'Tensor', 2: 'Tensor' }, keep: [3] },
};

/**
 * @throws MalformedBytes with the offset in the file; NetspecError when reading fails.
 */
export async function readSkeleton(source: RandomAccess): Promise<Skeleton> {
  const scanner = new Scanner(source);
  return assemble(await scanner.message('Model', 0, source.size, 0));
}

/** Kept bytes of a message, in order: pieces of the file, messages that were shortened, and values left out. */
interface Kept {
  readonly tag: number;
  readonly parts: (Piece | Kept | Hole)[];
}

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

class Scanner {
  readonly #source: RandomAccess;
  #reader: WireReader;

  constructor(source: RandomAccess) {
    this.#source = source;
    this.#reader = new WireReader(new Uint8Array(0));
  }

  /** Has `count` bytes from `at` on in memory, or all up to the end of the file; fields may not pass `end`. */
  async #window(at: number, count: number, end: number): Promise<WireReader> {
    const { base, bytes } = this.#reader;
    if (at < base || Math.min(at + count, this.#source.size) > base + bytes.length) {
      const window = new Uint8Array(Math.min(Math.max(WINDOW_BYTES, count), this.#source.size - at));
      await this.#source.read(at, window);
      this.#reader = new WireReader(window, 0, 0, at);
    }
    this.#reader.at = at - this.#reader.base;
    this.#reader.end = end - this.#reader.base;
    return this.#reader;
  }

  /** The message in [start, end). */
  async message(kind: Kind, start: number, end: number, depth: number, tag = 0): Promise<Kept> {
    const { into, keep, values } = FIELDS[kind];
    const kept: Kept = { tag, parts: [] };
    if (depth > RECURSION_LIMIT) throw new MalformedBytes(`more than ${RECURSION_LIMIT} levels of nesting`, start);
    let from = start;
    for (let at = start; at < end;) {
      const reader = await this.#window(at, HEADER_BYTES, end);
      const fieldTag = reader.tag();
      if ((fieldTag & 7) !== BYTES) {
        // Groups are no part of onnx.proto; one that is larger than the window is refused as cut off.
        const whole = (fieldTag & 7) === GROUP_START ? await this.#window(at, WINDOW_BYTES, end) : reader;
        if (whole !== reader || (fieldTag & 7) === GROUP_START) whole.at = at - whole.base + varintLength(fieldTag);
        whole.skip(fieldTag, at - whole.base);
        at = whole.base + whole.at;
        continue;
      }
      const payloadEnd = reader.length() + reader.base;
      const payload = reader.at + reader.base;
      const length = payloadEnd - payload;
      if (length > SMALL) {
        await this.#keep(kept, from, at);
        from = payloadEnd;
        const number = fieldTag >>> 3;
        const inner = into[number];
        if (inner) kept.parts.push(await this.message(inner, payload, payloadEnd, depth + 1, fieldTag));
        else if (values?.includes(number)) kept.parts.push({ tag: fieldTag, stretch: { offset: payload, length } });
        else if (keep.includes(number)) from = at;
      }
      at = payloadEnd;
    }
    await this.#keep(kept, from, end);
    return kept;
  }

  /** Adds the file's bytes in [start, end). */
  async #keep(kept: Kept, start: number, end: number): Promise<void> {
    if (end <= start) return;
    const { base, bytes: window } = this.#reader;
    let bytes: Uint8Array;
    if (start >= base && end <= base + window.length) bytes = window.slice(start - base, end - base);
    else {
      bytes = new Uint8Array(end - start);
      await this.#source.read(start, bytes);
    }
    kept.parts.push({ offset: start, bytes });
  }
}

function assemble(root: Kept): Skeleton {
  const holes = new Map<number, Stretch>();
  const places: { at: number; offset: number }[] = [];
  const bytes = encode(
    root,
    ({ tag }) => emptyField(tag),
    (part, at) => {
      if ('bytes' in part) places.push({ at, offset: part.offset });
      else holes.set(at + varintLength(part.tag) + 1, part.stretch);
    },
  );
  return {
    bytes,
    holes,
    offsetInFile(offset) {
      const place = places.findLast((each) => each.at <= offset) ?? { at: 0, offset: 0 };
      return place.offset + offset - place.at;
    },
    filled: (fields) => encode(root, fields),
  };
}

/**
 * Writes a message with these fields in the places of holes.
 * @param onPart is told where each piece or hole begins
 */
function encode(
  root: Kept,
  fields: (hole: Hole) => Uint8Array,
  onPart?: (part: Piece | Hole, at: number) => void,
): Uint8Array {
  const written = new Map<Hole, Uint8Array>();
  const lengths = new Map<Kept, number>();
  (function measure(kept: Kept): number {
    let length = 0;
    for (const part of kept.parts) {
      if ('bytes' in part) length += part.bytes.length;
      else if ('stretch' in part) {
        const field = fields(part);
        written.set(part, field);
        length += field.length;
      } else {
        const inner = measure(part);
        length += varintLength(part.tag) + varintLength(inner) + inner;
      }
    }
    lengths.set(kept, length);
    return length;
  })(root);
  const writer = new WireWriter(new Uint8Array(lengths.get(root)!));
  (function write(kept: Kept): void {
    for (const part of kept.parts) {
      if ('parts' in part) {
        writer.varint(part.tag);
        writer.varint(lengths.get(part)!);
        write(part);
        continue;
      }
      onPart?.(part, writer.at);
      writer.raw('bytes' in part ? part.bytes : written.get(part)!);
    }
  })(root);
  return writer.bytes;
}

function emptyField(tag: number): Uint8Array {
  const writer = new WireWriter(new Uint8Array(varintLength(tag) + 1));
  writer.varint(tag);
  return writer.bytes;
}
