/**
 * A net file without its weights: scans tags and lengths, steps over the values of blobs, and keeps the rest as a valid
 * message of a few hundred kilobytes, whatever the size of the file.
 */
import type { Field, MessageType } from './descriptor.js';
import type { RandomAccess } from './random-access.js';
import type { Schema } from './schema.js';
import { decodeUtf8 } from './utf8.js';
import {
  BYTES,
  GROUP_END,
  GROUP_START,
  MalformedBytes,
  RECURSION_LIMIT,
  WireReader,
  WireWriter,
  mostMessages,
  tooMany,
  varintLength,
} from './wire.js';

/** Values that lie in the file at regular distances. */
export interface FloatRun {
  /** Of the first value, from the start of the file. */
  offset: number;
  count: number;
  /** Bytes of a value. */
  width: 2 | 4 | 8;
  /** From one value to the next: the width when packed, more when each value has its own tag. */
  stride: number;
}

/** A field of a blob that the schema does not declare. */
export interface ForkField {
  number: number;
  /** Of the payload; with `length` in bytes. */
  offset: number;
  length: number;
}

/** Where the values of one blob lie. */
export interface BlobLocation {
  /** Where the blob's message lies in the file, in bytes. */
  offset: number;
  length: number;
  /** The message type that it is a field of: a V0 layer lies within a V1 layer, and both may have blobs. */
  parent: string;
  data: FloatRun[];
  doubleData: FloatRun[];
  hasDiff: boolean;
  forkFields: ForkField[];
}

export interface Skeleton {
  /** The NetParameter's bytes without the values of its blobs, lengths corrected. */
  bytes: Uint8Array;
  /** For each entry of `layer` and of `layers`, in file order, the locations of its blobs. */
  blobs: { layer: BlobLocation[][]; layers: BlobLocation[][] };
  /** Turns an offset in `bytes` into one in the file. */
  offsetInFile(offset: number): number;
}

/** Larger fields of a blob that the schema does not know are a fork's weights, and left in the file. */
const LARGEST_FORK_FIELD_KEPT = 4096;

const WINDOW_BYTES = 64 * 1024;
/** A tag and a length, each at most ten bytes. */
const HEADER_BYTES = 20;

/** Messages that lead to blobs; all others are kept as they are. */
const DESCEND = new Set(['NetParameter', 'LayerParameter', 'V1LayerParameter', 'V0LayerParameter', 'BlobProto']);

/**
 * Scans the file once, reading about one window per blob.
 * @throws MalformedBytes with the offset in the file; NetspecError when reading fails.
 */
export async function readSkeleton(source: RandomAccess, schema: Schema): Promise<Skeleton> {
  const scanner = new Scanner(source);
  const root = await scanner.net(schema.message('NetParameter'));
  return assemble(root, scanner.keptBytes, scanner.blobs);
}

/** Kept bytes of a message, in order: stretches of the file, and messages that were shortened. */
interface Kept {
  parts: (Stretch | Kept)[];
  tag: number;
  length: number;
}

/** Bytes of the file that follow one another, and where they were put. */
interface Stretch {
  offset: number;
  at: number;
  length: number;
}

/** Where a message lies and what it belongs to. */
interface MessagePlace {
  type: MessageType;
  announcedEnd: number;
  /** Where the message around it ends. */
  limit: number;
  depth: number;
  /** Type of the message around it. */
  parent: string;
  /** Where its blobs are listed. */
  blobs: BlobLocation[] | undefined;
}

/** A message being read. */
interface Level {
  type: MessageType;
  end: number;
  depth: number;
  kept: Kept;
  blobs: BlobLocation[] | undefined;
  /** The blob that this message is. */
  blob: BlobLocation | undefined;
  /** How often each repeated message came, for errors. */
  seen: Map<Field, number>;
  /** The field being read, for errors. */
  current?: string;
  /** The message's name and type, for errors. */
  layer: { name?: string; type?: string };
}

class Scanner {
  readonly blobs: Skeleton['blobs'] = { layer: [], layers: [] };
  /** The bytes of all stretches, one after the other. */
  keptBytes = new Uint8Array(WINDOW_BYTES);
  #kept = 0;
  #messages = 0;
  readonly #source: RandomAccess;
  readonly #window: Uint8Array;
  #reader: WireReader;

  constructor(source: RandomAccess) {
    this.#source = source;
    this.#window = new Uint8Array(Math.min(WINDOW_BYTES, source.size));
    this.#reader = new WireReader(this.#window.subarray(0, 0));
  }

  /** Offset in the file of the next byte to read. */
  get #at(): number {
    return this.#reader.base + this.#reader.at;
  }

  /** Has `count` bytes at `at` in the window, or all up to the end of the file; fields may not pass `end`. */
  async #ensure(count: number, end: number, at = this.#at): Promise<WireReader> {
    const { base, bytes } = this.#reader;
    const wanted = Math.min(at + count, this.#source.size);
    if (at < base || wanted > base + bytes.length) {
      const window = this.#window.subarray(0, Math.min(this.#window.length, this.#source.size - at));
      await this.#source.read(at, window);
      this.#reader = new WireReader(window, 0, 0, at);
    } else this.#reader.at = at - base;
    this.#reader.end = end - this.#reader.base;
    return this.#reader;
  }

  /** The whole file. */
  net(type: MessageType): Promise<Kept> {
    const { size } = this.#source;
    return this.#message({ type, announcedEnd: size, limit: size, depth: 0, parent: '', blobs: undefined });
  }

  /**
   * The message that starts here. When it announced itself as longer than what there is, it is read as far as it goes,
   * since the field that is cut off says more to a user.
   */
  async #message({ type, announcedEnd, limit, depth, parent, blobs }: MessagePlace): Promise<Kept> {
    if (depth > RECURSION_LIMIT) this.#reader.fail(`more than ${RECURSION_LIMIT} levels of nesting`);
    this.#countMessage();
    const begin = this.#at;
    const level: Level = {
      type,
      end: Math.min(announcedEnd, limit),
      depth,
      kept: { parts: [], tag: 0, length: 0 },
      blobs,
      blob: type.name === 'BlobProto' ? newLocation(begin, announcedEnd - begin, parent, blobs) : undefined,
      seen: new Map(),
      layer: {},
    };
    const { end } = level;
    try {
      while (this.#at < end) {
        level.current = undefined;
        await this.#field(level);
      }
      level.current = undefined;
      if (announcedEnd > end)
        throw new MalformedBytes(`truncated: ${announcedEnd - begin} bytes announced, ${end - begin} left`, begin);
    } catch (error) {
      if (error instanceof MalformedBytes) {
        if (level.current !== undefined) error.path.unshift(level.current);
        if (parent === 'NetParameter' && level.layer.name !== undefined) error.layer ??= level.layer;
      }
      throw error;
    }
    return level.kept;
  }

  /** One field of a message: descended into, stepped over, or kept. */
  async #field(level: Level): Promise<void> {
    const { type, end, depth, kept, blob, seen, layer } = level;
    const start = this.#at;
    const reader = await this.#ensure(HEADER_BYTES, end);
    const tag = reader.tag();
    const isBytes = (tag & 7) === BYTES;
    const field = type.byNumber.get(tag >>> 3);
    level.current = field?.name ?? `field ${tag >>> 3}`;
    if (field?.messageType && field.repeated) {
      const index = seen.get(field) ?? 0;
      seen.set(field, index + 1);
      level.current += `[${index}]`;
    }

    if (isBytes && field?.messageType && DESCEND.has(field.messageType.name)) {
      const length = reader.announcedLength();
      const inner = await this.#message({
        type: field.messageType,
        announcedEnd: this.#at + length,
        limit: end,
        depth: depth + 1,
        parent: type.name,
        blobs: this.#listFor(type.name, field, level.blobs),
      });
      add(kept, { ...inner, tag });
      return;
    }
    if (blob && field && isValues(field) && (isBytes || (tag & 7) === field.wireType)) {
      await this.#values(blob, field, tag, start, end);
      return;
    }
    const { offset, length } = await this.#skip(tag, start, end, depth);
    if (blob && !field) {
      this.#countMessage();
      blob.forkFields.push({ number: tag >>> 3, offset, length });
      if (length > LARGEST_FORK_FIELD_KEPT) return;
    }
    const stretch = await this.#stretch(start, this.#at, end);
    add(kept, stretch);
    if (isBytes && (field?.name === 'name' || field?.name === 'type')) {
      const at = stretch.at + offset - start;
      layer[field.name] = decodeUtf8(this.keptBytes.subarray(at, at + length));
    }
  }

  /** Where the blobs below this field are listed: each entry of the net's lists of layers has its own list. */
  #listFor(parent: string, field: Field, current: BlobLocation[] | undefined): BlobLocation[] | undefined {
    if (parent !== 'NetParameter') return current;
    const list: BlobLocation[] = [];
    this.blobs[field.name as 'layer' | 'layers'].push(list);
    return list;
  }

  /** One occurrence of data, diff, double_data or double_diff: a packed run or a single value. */
  async #values(blob: BlobLocation, field: Field, tag: number, start: number, end: number): Promise<void> {
    const width = field.kind === 'float' ? 4 : 8;
    const packed = (tag & 7) === BYTES;
    const { offset, length } = await this.#skip(tag, start, end, 0);
    if (length % width !== 0)
      this.#reader.fail(`a run of ${field.kind}s cannot have ${length} bytes`, start - this.#reader.base);
    if (length === 0) return;
    if (field.name.endsWith('diff')) {
      blob.hasDiff = true;
      return;
    }
    const runs = field.name === 'double_data' ? blob.doubleData : blob.data;
    const last = runs[runs.length - 1];
    if (packed) {
      this.#countMessage();
      runs.push({ offset, count: length / width, width, stride: width });
      return;
    }
    const stride = offset - start + width;
    const count = 1 + this.#sameAgain(tag, stride);
    if (last?.stride === stride && offset === last.offset + last.count * stride) last.count += count;
    else {
      this.#countMessage();
      runs.push({ offset, count, width, stride });
    }
  }

  /** Steps over the values in the window that follow with the same tag, which are often thousands; returns how many. */
  #sameAgain(tag: number, stride: number): number {
    const reader = this.#reader;
    const end = Math.min(reader.end, reader.bytes.length);
    const before = reader.at;
    // A longer tag would have to be compared whole; blobs' fields have numbers below 16.
    if (tag < 128) while (reader.at + stride <= end && reader.bytes[reader.at] === tag) reader.at += stride;
    return (reader.at - before) / stride;
  }

  /** Steps over a value whose tag was just read; returns where its payload lies. */
  async #skip(tag: number, start: number, end: number, depth: number): Promise<{ offset: number; length: number }> {
    const reader = this.#reader;
    let offset = this.#at;
    switch (tag & 7) {
      case BYTES: {
        const valueEnd = reader.length() + reader.base;
        offset = this.#at;
        await this.#ensure(0, end, valueEnd);
        break;
      }
      case GROUP_START:
        await this.#skipGroup(tag >>> 3, start, end, depth + 1);
        break;
      default:
        reader.skip(tag, start - reader.base);
    }
    return { offset, length: this.#at - offset };
  }

  async #skipGroup(field: number, start: number, end: number, depth: number): Promise<void> {
    const fail = (reason: string): never => this.#reader.fail(reason, start - this.#reader.base);
    if (depth > RECURSION_LIMIT) fail(`more than ${RECURSION_LIMIT} levels of nesting`);
    for (;;) {
      if (this.#at >= end) fail(`truncated: group ${field} does not end`);
      const at = this.#at;
      const tag = (await this.#ensure(HEADER_BYTES, end)).tag();
      if ((tag & 7) !== GROUP_END) await this.#skip(tag, at, end, depth);
      else if (tag >>> 3 === field) return;
      else fail(`group ${field} ends as group ${tag >>> 3}`);
    }
  }

  /** The file's bytes from `start` to `stop`, which is where reading goes on. */
  async #stretch(start: number, stop: number, end: number): Promise<Stretch> {
    const stretch = { offset: start, at: this.#kept, length: stop - start };
    const bytes = this.#room(stretch.length);
    const { base, bytes: window } = this.#reader;
    if (start >= base && stop <= base + window.length) bytes.set(window.subarray(start - base, stop - base));
    else {
      await this.#source.read(start, bytes);
      await this.#ensure(0, end, stop);
    }
    return stretch;
  }

  /** Room for so many bytes after those that are kept. */
  #room(length: number): Uint8Array {
    const at = this.#kept;
    this.#kept += length;
    if (this.#kept > this.keptBytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.keptBytes.length, this.#kept));
      larger.set(this.keptBytes.subarray(0, at));
      this.keptBytes = larger;
    }
    return this.keptBytes.subarray(at, this.#kept);
  }

  /** Counts what takes memory of its own, and fails when that is more than the file is worth. */
  #countMessage(): void {
    const { size } = this.#source;
    if (++this.#messages > mostMessages(size)) this.#reader.fail(tooMany(size));
  }
}

function newLocation(offset: number, length: number, parent: string, into: BlobLocation[] | undefined): BlobLocation {
  const location: BlobLocation = { offset, length, parent, data: [], doubleData: [], hasDiff: false, forkFields: [] };
  into?.push(location);
  return location;
}

/** data, diff, double_data, double_diff: the fields worth stepping over. */
function isValues(field: Field): boolean {
  return field.repeated && (field.kind === 'float' || field.kind === 'double');
}

function isStretch(part: Stretch | Kept): part is Stretch {
  return 'offset' in part;
}

function add(kept: Kept, part: Stretch | Kept): void {
  kept.length += isStretch(part) ? part.length : lengthWithHeader(part);
  const last = kept.parts[kept.parts.length - 1];
  // Most fields follow one another.
  if (last && isStretch(last) && isStretch(part) && follows(part, last)) last.length += part.length;
  else kept.parts.push(part);
}

function follows(part: Stretch, last: Stretch): boolean {
  return last.offset + last.length === part.offset && last.at + last.length === part.at;
}

function lengthWithHeader(kept: Kept): number {
  return varintLength(kept.tag) + varintLength(kept.length) + kept.length;
}

function assemble(root: Kept, keptBytes: Uint8Array, blobs: Skeleton['blobs']): Skeleton {
  const writer = new WireWriter(new Uint8Array(root.length));
  const places: { at: number; offset: number }[] = [];
  (function write(kept: Kept) {
    for (const part of kept.parts) {
      if (isStretch(part)) {
        places.push({ at: writer.at, offset: part.offset });
        writer.raw(keptBytes.subarray(part.at, part.at + part.length));
      } else {
        writer.varint(part.tag);
        writer.varint(part.length);
        write(part);
      }
    }
  })(root);
  return {
    bytes: writer.bytes,
    blobs,
    offsetInFile(offset) {
      const place = places.findLast(({ at }) => at <= offset) ?? { at: 0, offset: 0 };
      return place.offset + offset - place.at;
    },
  };
}
