/** Protobuf messages of which all but the long tensors are in memory: pieces whose lengths are known, written in order. */
import type { ByteSink } from '../../proto/random-access.js';

/** Bytes that are made when their turn comes. */
export interface DeferredBytes {
  readonly byteLength: number;
  /** All of them in order, each piece valid until the next is asked for. */
  pieces(): AsyncIterable<Uint8Array>;
}

type Piece = Uint8Array | DeferredBytes;

const encoder = new TextEncoder();

export class MessageWriter {
  readonly #pieces: Piece[] = [];
  #open: number[] = [];
  #length = 0;

  /** Bytes of the message so far. */
  get byteLength(): number {
    return this.#length + this.#open.length;
  }

  #varint(value: number): void {
    // Two's complement of 64 bits, in halves that bitwise operators can take.
    let [low, high] = [value >>> 0, Math.floor(value / 2 ** 32) >>> 0];
    while (high > 0 || low > 0x7f) {
      this.#open.push((low & 0x7f) | 0x80);
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#open.push(low);
  }

  /** A whole number, in varint form. */
  int(field: number, value: number): this {
    this.#varint(field * 8);
    this.#varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.#varint(field * 8 + 5);
    this.#open.push(...new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  /** Whole numbers as one packed field. */
  packed(field: number, values: readonly number[]): this {
    const inner = new MessageWriter();
    for (const value of values) inner.#varint(value);
    return this.message(field, inner);
  }

  bytes(field: number, bytes: Piece): this {
    this.#varint(field * 8 + 2);
    this.#varint(bytes.byteLength);
    this.#add(bytes);
    return this;
  }

  message(field: number, message: MessageWriter): this {
    this.#varint(field * 8 + 2);
    this.#varint(message.byteLength);
    message.#close();
    for (const piece of message.#pieces) this.#add(piece);
    return this;
  }

  #add(piece: Piece): void {
    if (piece instanceof Uint8Array && piece.length <= 1024) {
      for (const byte of piece) this.#open.push(byte);
      return;
    }
    this.#close();
    this.#pieces.push(piece);
    this.#length += piece.byteLength;
  }

  #close(): void {
    if (this.#open.length === 0) return;
    const bytes = Uint8Array.from(this.#open);
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    this.#open = [];
  }

  /** Writes all of it. */
  async write(sink: ByteSink): Promise<void> {
    this.#close();
    await writePieces(sink, this.#pieces);
  }
}

/** Writes pieces in order, each made when its turn comes. */
export async function writePieces(sink: ByteSink, pieces: readonly Piece[]): Promise<void> {
  for (const piece of pieces)
    if (piece instanceof Uint8Array) await sink.write(piece);
    else for await (const part of piece.pieces()) await sink.write(part);
}
