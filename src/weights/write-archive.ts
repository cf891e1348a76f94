/**
 * Tensors into one file: .npz as numpy.savez writes it, and safetensors. Both are read back by openWeights. Values stream:
 * what is written is never whole in memory.
 */
import { LIST, checkArguments } from '../arguments.js';
import { NetspecError } from '../errors.js';
import type { ByteSink } from '../proto/random-access.js';
import { product } from '../shapes.js';
import { memberNameOf } from './file-names.js';
import { formatNpyHeader } from './npy.js';

/** A tensor to be written: its values are asked for once, when their turn comes. */
export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  /** The values in order, in one piece or several. */
  readonly pieces: () => AsyncIterable<Float32Array> | Iterable<Float32Array>;
}

/** .npy in zip archives beyond this would need the format's 64-bit fields, which are not written. */
const MOST_ZIP_BYTES = 0xffffffff;

/**
 * Writes a safetensors file of float32 tensors: the header's length, the header in JSON, the values.
 * @returns the number of bytes written
 * @throws NetspecError for two tensors of one name, and one with another number of values than its shape says
 * @example
 * const tensors = [{ name: 'a', shape: [2], pieces: () => [Float32Array.of(1, 2)] }];
 * await writeFileAtomically('a.safetensors', async (sink) => void (await writeSafetensors(sink, tensors)));
 * (await (await openWeights('a.safetensors')).read('a')).data; // → Float32Array.of(1, 2)
 */
export async function writeSafetensors(sink: ByteSink, tensors: readonly TensorToWrite[]): Promise<number> {
  checkArguments('writeSafetensors()', { tensors: [tensors, LIST] });
  checkNames(tensors);
  const entries: Record<string, { dtype: 'F32'; shape: readonly number[]; data_offsets: [number, number] }> = {};
  let at = 0;
  for (const { name, shape } of tensors) {
    const end = at + product(shape) * 4;
    entries[name] = { dtype: 'F32', shape, data_offsets: [at, end] };
    at = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(entries));
  // Padded with blanks, so that the values lie at a multiple of eight bytes.
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  await sink.write(header);
  for (const tensor of tensors) await writeValues(tensor, (bytes) => sink.write(bytes));
  return header.length + at;
}

/**
 * Writes an .npz archive: one stored .npy for each tensor, under its name. A part of the name that would lead out of a folder,
 * as `..` does, is escaped; reading gives the name back.
 * @returns the number of bytes written
 * @throws NetspecError as {@link writeSafetensors}, and for archives beyond 4 GiB
 * @example
 * const tensors = [{ name: 'a', shape: [2], pieces: () => [Float32Array.of(1, 2)] }];
 * await writeFileAtomically('a.npz', async (sink) => void (await writeNpz(sink, tensors)));
 * (await (await openWeights('a.npz')).read('a')).data; // → Float32Array.of(1, 2)
 */
export async function writeNpz(sink: ByteSink, tensors: readonly TensorToWrite[]): Promise<number> {
  checkArguments('writeNpz()', { tensors: [tensors, LIST] });
  checkNames(tensors);
  const members = tensors.map((tensor) => {
    const header = formatNpyHeader(tensor.shape);
    const name = new TextEncoder().encode(`${memberNameOf(tensor.name)}.npy`);
    return { tensor, header, name, size: header.length + product(tensor.shape) * 4 };
  });
  const total = members.reduce((sum, { name, size }) => sum + size + 2 * name.length + 46 + 30 + 16, 22);
  if (total > MOST_ZIP_BYTES || members.length > 0xffff)
    throw new NetspecError(`an .npz of ${members.length} arrays and ${total} bytes is too large`, {
      hint: 'write .safetensors, or a folder of .npy files',
    });
  let at = 0;
  const write = async (bytes: Uint8Array): Promise<void> => {
    at += bytes.length;
    await sink.write(bytes);
  };
  const directory: Uint8Array[] = [];
  for (const { tensor, header, name, size } of members) {
    const offset = at;
    // The checksum is known only afterwards, so it follows the values (flag 8); names are UTF-8 (flag 0x800).
    await write(zipHeader(0x04034b50, name, { crc: 0, size: 0 }));
    const crc = new Crc32();
    crc.add(header);
    await write(header);
    await writeValues(tensor, async (bytes) => {
      crc.add(bytes);
      await write(bytes);
    });
    const sums = { crc: crc.value, size };
    await write(dataDescriptor(sums));
    directory.push(zipHeader(0x02014b50, name, { ...sums, offset }));
  }
  const start = at;
  for (const entry of directory) await write(entry);
  await write(endOfDirectory(members.length, start, at - start));
  return at;
}

function checkNames(tensors: readonly TensorToWrite[]): void {
  const seen = new Set<string>();
  for (const { name } of tensors) {
    if (seen.has(name)) throw new NetspecError(`two tensors are named '${name}'`);
    seen.add(name);
  }
}

async function writeValues({ name, shape, pieces }: TensorToWrite, write: (bytes: Uint8Array) => Promise<void>) {
  const count = product(shape);
  let given = 0;
  for await (const { buffer, byteOffset, byteLength, length } of pieces()) {
    given += length;
    // Little-endian like the formats: every machine that JavaScript runs on.
    if (given <= count) await write(new Uint8Array(buffer, byteOffset, byteLength));
  }
  if (given !== count) throw new NetspecError(`'${name}': the shape has ${count} values, its source gave ${given}`);
}

/** 1 January 1980, the earliest date there is: the same tensors give the same bytes. */
const DOS_DATE = 0x21;
const FLAGS = 0x808;

interface ZipSums {
  crc: number;
  size: number;
  offset?: number;
}

/** A member's header before its bytes, or its entry in the directory at the end, which has some fields more. */
function zipHeader(signature: number, name: Uint8Array, { crc, size, offset }: ZipSums): Uint8Array {
  const isEntry = offset !== undefined;
  const bytes = new Uint8Array((isEntry ? 46 : 30) + name.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, signature, true);
  let at = 4;
  const put16 = (...values: number[]) => {
    for (const value of values) view.setUint16((at += 2) - 2, value, true);
  };
  const put32 = (...values: number[]) => {
    for (const value of values) view.setUint32((at += 4) - 4, value, true);
  };
  if (isEntry) put16(20);
  put16(20, FLAGS, 0, 0, DOS_DATE);
  put32(crc, size, size);
  put16(name.length, 0);
  if (isEntry) {
    put16(0, 0, 0);
    put32(0, offset);
  }
  bytes.set(name, at);
  return bytes;
}

function dataDescriptor({ crc, size }: ZipSums): Uint8Array {
  return new Uint8Array(Uint32Array.of(0x08074b50, crc, size, size).buffer);
}

function endOfDirectory(count: number, offset: number, size: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(22));
  view.setUint32(0, 0x06054b50, true);
  view.setUint16(8, count, true);
  view.setUint16(10, count, true);
  view.setUint32(12, size, true);
  view.setUint32(16, offset, true);
  return new Uint8Array(view.buffer);
}

/** CRC-32 of ISO 3309, four bytes a step by tables. */
class Crc32 {
  static readonly #tables = makeTables();
  #crc = 0xffffffff;

  add(bytes: Uint8Array): void {
    const [t0, t1, t2, t3] = Crc32.#tables;
    let crc = this.#crc;
    let i = 0;
    for (; i + 4 <= bytes.length; i += 4) {
      crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
      crc = t3[crc & 255]! ^ t2[(crc >>> 8) & 255]! ^ t1[(crc >>> 16) & 255]! ^ t0[crc >>> 24]!;
    }
    for (; i < bytes.length; i++) crc = t0[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
    this.#crc = crc;
  }

  get value(): number {
    return ~this.#crc >>> 0;
  }
}

function makeTables(): [Uint32Array, Uint32Array, Uint32Array, Uint32Array] {
  const tables = [0, 1, 2, 3].map(() => new Uint32Array(256)) as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  for (let n = 0; n < 256; n++) {
    let crc = n;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
    tables[0][n] = crc;
  }
  for (let table = 1; table < 4; table++)
    for (let n = 0; n < 256; n++) {
      const before = tables[table - 1]![n]!;
      tables[table]![n] = tables[0][before & 255]! ^ (before >>> 8);
    }
  return tables;
}
