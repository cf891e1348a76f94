/**
 * Zip archives read in place: the directory, where stored entries lie, and the bytes of deflated ones. Only what .npz
 * files and PyTorch checkpoints need, over a RandomAccess, so that a browser reads them too.
 * Format: PKWARE's APPNOTE 6.3.10, with zip64.
 */
import { NetspecError } from '../errors.js';
import { section, type RandomAccess } from '../proto/random-access.js';
import { decodeUtf8 } from '../proto/utf8.js';

/** One file of an archive. */
export interface ZipEntry {
  readonly name: string;
  /** Length of the file, and of what the archive holds of it. */
  readonly size: number;
  readonly compressedSize: number;
  /** Whether it is stored as it is, and can be read in place. */
  readonly stored: boolean;
  readonly crc32: number;
  /** Where its own header begins. */
  readonly headerOffset: number;
}

/** Signatures of the records. */
const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_HEADER = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;

const LOCAL_HEADER_BYTES = 30;
const DIRECTORY_HEADER_BYTES = 46;
const END_BYTES = 22;
const END_64_BYTES = 56;
const LOCATOR_64_BYTES = 20;
const LONGEST_COMMENT = 0xffff;

const STORED = 0;
const DEFLATED = 8;
/** Bit of an entry's flags. */
const ENCRYPTED = 1;

/** Deflate cannot do better: 258 bytes for two bits. An entry that claims more is a trap. */
const BEST_RATIO = 1032;
/** No blob of a caffemodel is larger, so nothing that is inflated at once need be. */
const LARGEST_INFLATED = 2 ** 31;

/** An archive whose directory is read. */
export class ZipArchive {
  private constructor(
    private readonly access: RandomAccess,
    /** By name, in the directory's order. */
    readonly entries: ReadonlyMap<string, ZipEntry>,
  ) {}

  /**
   * Reads an archive's directory.
   * @throws NetspecError when it is no zip archive, is truncated or split, has encrypted entries or ones compressed with
   * another method than deflate, two of one name, ones that overlap, or sizes that cannot be.
   */
  static async open(access: RandomAccess): Promise<ZipArchive> {
    try {
      const entries = new Map<string, ZipEntry>();
      for (const entry of await readDirectory(access)) {
        if (entries.has(entry.name)) throw new NetspecError(`the zip archive has two entries '${entry.name}'`);
        entries.set(entry.name, entry);
      }
      return new ZipArchive(access, entries);
    } catch (error) {
      throw error instanceof NetspecError ? error.within({ file: access.name }) : error;
    }
  }

  /** The part of the archive that holds an entry's bytes, as they are stored: compressed, when the entry is. */
  async locate(entry: ZipEntry): Promise<RandomAccess> {
    const header = await readAt(this.access, entry.headerOffset, LOCAL_HEADER_BYTES);
    if (header.getUint32(0, true) !== LOCAL_HEADER) throw this.#fail(entry, 'its header is not where it should be');
    const start = entry.headerOffset + LOCAL_HEADER_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
    if (start + entry.compressedSize > this.access.size)
      throw this.#fail(entry, `it ends at byte ${start + entry.compressedSize}, the file has ${this.access.size}`);
    return section(this.access, start, entry.compressedSize, this.#nameOf(entry));
  }

  /**
   * The first `length` bytes of an entry, or all when it has fewer.
   * @throws NetspecError when they cannot be inflated
   */
  async head(entry: ZipEntry, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const wanted = Math.min(length, entry.size);
    const bytes = new Uint8Array(wanted);
    const access = await this.locate(entry);
    if (entry.stored) await access.read(0, bytes);
    else {
      let at = 0;
      for await (const piece of this.#inflate(entry, access)) {
        bytes.set(piece.subarray(0, wanted - at), at);
        at += Math.min(piece.length, wanted - at);
        if (at === wanted) break;
      }
    }
    return bytes;
  }

  /**
   * All bytes of an entry.
   * @throws NetspecError when it has more than `limit` of them, cannot be inflated, or does not inflate to the size that
   * the directory says
   */
  async bytes(entry: ZipEntry, limit = LARGEST_INFLATED): Promise<Uint8Array<ArrayBuffer>> {
    if (entry.size > limit) throw this.#fail(entry, `it has ${entry.size} bytes; more than ${limit} are not read`);
    const access = await this.locate(entry);
    // An entry that does not compress as well as it says must not get the memory it says.
    let bytes = new Uint8Array(entry.stored ? entry.size : Math.min(entry.size, 4 * entry.compressedSize));
    if (entry.stored) {
      await access.read(0, bytes);
      return bytes;
    }
    let at = 0;
    for await (const piece of this.#inflate(entry, access)) {
      if (at + piece.length > bytes.length) {
        const larger = new Uint8Array(Math.min(entry.size, 2 * bytes.length + piece.length));
        larger.set(bytes);
        bytes = larger;
      }
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** The inflated bytes in pieces, as many as the entry's size says. */
  async *#inflate(entry: ZipEntry, access: RandomAccess): AsyncGenerator<Uint8Array> {
    let at = 0;
    try {
      for await (const piece of inflated(access, entry)) {
        at += piece.length;
        if (at > entry.size) throw this.#fail(entry, `it inflates to more than the ${entry.size} bytes it announces`);
        yield piece;
      }
    } catch (error) {
      if (error instanceof NetspecError) throw error;
      throw this.#fail(entry, 'its compressed data are damaged', error);
    }
    if (at < entry.size) throw this.#fail(entry, `it inflates to ${at} bytes, ${entry.size} are announced`);
  }

  #nameOf({ name }: ZipEntry): string {
    return this.access.name === undefined ? name : `${this.access.name}/${name}`;
  }

  #fail({ name }: ZipEntry, reason: string, cause?: unknown): NetspecError {
    return new NetspecError(`zip entry '${name}': ${reason}`, { file: this.access.name, cause });
  }
}

/**
 * Inflates an entry. The platform's decompressor knows gzip everywhere and bare deflate only since Node 20.12; a zip entry
 * has all that gzip wraps around deflate, so it gets it, and with it the check of the checksum.
 */
async function* inflated(access: RandomAccess, { crc32, size }: ZipEntry): AsyncGenerator<Uint8Array> {
  const gzip = new DecompressionStream('gzip');
  const feeding = feed(gzip.writable.getWriter(), access, crc32, size);
  // Its failure is the reader's too, and reported there.
  feeding.catch(() => undefined);
  const reader = gzip.readable.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
    await feeding.catch(() => undefined);
  }
}

const FEED_BYTES = 2 ** 16;

async function feed(
  writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>,
  access: RandomAccess,
  crc32: number,
  size: number,
): Promise<void> {
  try {
    await writer.write(Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255));
    for (let at = 0; at < access.size; at += FEED_BYTES) {
      const chunk = new Uint8Array(Math.min(FEED_BYTES, access.size - at));
      await access.read(at, chunk);
      await writer.write(chunk);
    }
    const trailer = new DataView(new ArrayBuffer(8));
    trailer.setUint32(0, crc32, true);
    trailer.setUint32(4, size % 2 ** 32, true);
    await writer.write(new Uint8Array(trailer.buffer));
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
    throw error;
  }
}

/** Where the directory lies and how many entries it has. */
interface DirectoryPlace {
  offset: number;
  size: number;
  count: number;
}

async function readDirectory(access: RandomAccess): Promise<ZipEntry[]> {
  const { offset, size, count } = await findDirectory(access);
  if (offset + size > access.size || count * DIRECTORY_HEADER_BYTES > size)
    throw new NetspecError('the zip archive is damaged: its directory does not fit the file');
  const view = await readAt(access, offset, size);
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + DIRECTORY_HEADER_BYTES > size || view.getUint32(at, true) !== DIRECTORY_HEADER)
      throw new NetspecError(`the zip archive is damaged: entry ${i} of its directory is malformed`);
    const variable = view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    const end = at + DIRECTORY_HEADER_BYTES + variable;
    if (end > size) throw new NetspecError(`the zip archive is damaged: entry ${i} of its directory is malformed`);
    entries.push(parseEntry(new DataView(view.buffer, view.byteOffset + at, end - at)));
    at = end;
  }
  checkPlaces(entries, offset);
  return entries;
}

function parseEntry(view: DataView): ZipEntry {
  const nameLength = view.getUint16(28, true);
  const bytes = new Uint8Array(view.buffer, view.byteOffset + DIRECTORY_HEADER_BYTES, nameLength);
  const name = decodeUtf8(bytes);
  const fail = (reason: string): NetspecError => new NetspecError(`zip entry '${name}': ${reason}`);
  const method = view.getUint16(10, true);
  if (view.getUint16(8, true) & ENCRYPTED) throw fail('it is encrypted');
  if (method !== STORED && method !== DEFLATED)
    throw fail(`it is compressed with method ${method}: expected stored or deflated entries`);
  const extraAt = DIRECTORY_HEADER_BYTES + nameLength;
  const large = zip64Fields(view, extraAt, extraAt + view.getUint16(30, true));
  const number = (at: number, what: string): number => {
    const value = view.getUint32(at, true);
    if (value !== 0xffffffff) return value;
    const wide = large.shift();
    if (wide === undefined) throw fail(`its ${what} is missing`);
    return wide;
  };
  // In the order in which the zip64 record has those that do not fit 32 bits.
  const size = number(24, 'size');
  const compressedSize = number(20, 'compressed size');
  const headerOffset = number(42, 'place');
  if (method === STORED && size !== compressedSize)
    throw fail(`it is stored with ${compressedSize} bytes and announces ${size}`);
  if (size > compressedSize * BEST_RATIO)
    throw fail(`it announces ${size} bytes compressed to ${compressedSize}, more than deflate can`);
  return { name, size, compressedSize, stored: method === STORED, crc32: view.getUint32(16, true), headerOffset };
}

/** The 64-bit numbers of an entry's zip64 record, in order. */
function zip64Fields(view: DataView, from: number, to: number): number[] {
  for (let at = from; at + 4 <= to;) {
    const length = view.getUint16(at + 2, true);
    const end = Math.min(at + 4 + length, to);
    if (view.getUint16(at, true) === 1) {
      const numbers: number[] = [];
      for (let i = at + 4; i + 8 <= end; i += 8) numbers.push(wide(view, i));
      return numbers;
    }
    at += 4 + length;
  }
  return [];
}

/** Entries that share bytes are how a small archive inflates to a huge one. */
function checkPlaces(entries: readonly ZipEntry[], limit: number): void {
  const ordered = [...entries].sort((a, b) => a.headerOffset - b.headerOffset);
  for (const [i, { name, headerOffset, compressedSize }] of ordered.entries()) {
    // The name stands in the header too.
    const end = headerOffset + LOCAL_HEADER_BYTES + compressedSize;
    const next = ordered[i + 1];
    if (next && end > next.headerOffset)
      throw new NetspecError(`the zip archive is a trap: its entries '${name}' and '${next.name}' overlap`);
    if (end > limit)
      throw new NetspecError(`zip entry '${name}': it ends at byte ${end}, the directory begins at ${limit}`);
  }
}

async function findDirectory(access: RandomAccess): Promise<DirectoryPlace> {
  const length = Math.min(access.size, END_BYTES + LONGEST_COMMENT);
  const tail = await readAt(access, access.size - length, length);
  for (let at = length - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END || at + END_BYTES + tail.getUint16(at + 20, true) !== length) continue;
    if (tail.getUint16(at + 4, true) !== 0 && tail.getUint16(at + 4, true) !== 0xffff)
      throw new NetspecError('the zip archive is split over several files');
    const place = {
      count: tail.getUint16(at + 10, true),
      size: tail.getUint32(at + 12, true),
      offset: tail.getUint32(at + 16, true),
    };
    if (place.count !== 0xffff && place.size !== 0xffffffff && place.offset !== 0xffffffff) return place;
    return findDirectory64(access, access.size - length + at);
  }
  throw new NetspecError('truncated: the zip archive has no directory at its end');
}

/** The end record of zip64, which a locator before the old end record points to. */
async function findDirectory64(access: RandomAccess, endAt: number): Promise<DirectoryPlace> {
  const damaged = new NetspecError('the zip archive is damaged: its zip64 directory is not where it should be');
  if (endAt < LOCATOR_64_BYTES) throw damaged;
  const locator = await readAt(access, endAt - LOCATOR_64_BYTES, LOCATOR_64_BYTES);
  const at = wide(locator, 8);
  if (locator.getUint32(0, true) !== LOCATOR_64 || at + END_64_BYTES > access.size) throw damaged;
  const end = await readAt(access, at, END_64_BYTES);
  if (end.getUint32(0, true) !== END_64) throw damaged;
  return { count: wide(end, 32), size: wide(end, 40), offset: wide(end, 48) };
}

function wide(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

async function readAt(access: RandomAccess, offset: number, length: number): Promise<DataView<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  await access.read(offset, bytes);
  return new DataView(bytes.buffer);
}
