/**
 * Where bytes come from and go to, without saying whether that is a file, memory or a browser's Blob: the caffemodel
 * reader reads from a RandomAccess, the writer writes to a ByteSink. Files are in src/node/files.ts.
 */
import { NetspecError } from '../errors.js';

/** Bytes that can be read at any place. */
export interface RandomAccess {
  /** Length in bytes. */
  readonly size: number;
  /** What errors call it, the file's path for instance. */
  readonly name?: string;
  /**
   * Fills all of `target` with the bytes from `offset` on. The target may be a view of shared memory.
   * @throws NetspecError when the range does not lie within the size, or reading fails.
   */
  read(offset: number, target: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Takes bytes in order. */
export interface ByteSink {
  /** Writes all of `bytes`; they may be reused when the promise resolves. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Where there is one, writes all of `bytes` from byte `position` on, wherever that is; used instead of `write`, not
   * beside it. The bytes may be reused when the promise resolves.
   */
  writeAt?(position: number, bytes: Uint8Array): Promise<void>;
}

/** Bytes in memory as a {@link RandomAccess}. They are not copied. */
export function fromBytes(bytes: Uint8Array, name?: string): RandomAccess {
  return {
    size: bytes.length,
    name,
    read(offset, target) {
      const source = bytes.subarray(offset, offset + target.length);
      if (source.length < target.length) return Promise.reject(beyondEnd(offset, target.length, bytes.length, name));
      target.set(source);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

/** A browser's File or Blob as a {@link RandomAccess}; only the ranges asked for are read. */
export function fromBlob(blob: Blob, name?: string): RandomAccess {
  return {
    size: blob.size,
    name,
    async read(offset, target) {
      if (offset + target.length > blob.size) throw beyondEnd(offset, target.length, blob.size, name);
      target.set(new Uint8Array(await blob.slice(offset, offset + target.length).arrayBuffer()));
    },
    close: () => Promise.resolve(),
  };
}

/** A sink in memory; `bytes()` returns what was written so far in one piece. */
export function toBytes(): ByteSink & { bytes(): Uint8Array } {
  const pieces: Uint8Array[] = [];
  return {
    write(bytes) {
      pieces.push(new Uint8Array(bytes));
      return Promise.resolve();
    },
    bytes() {
      const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
      let at = 0;
      for (const piece of pieces) {
        joined.set(piece, at);
        at += piece.length;
      }
      return joined;
    },
  };
}

/** The error of a read past the end. */
export function beyondEnd(offset: number, length: number, size: number, name?: string): NetspecError {
  return new NetspecError(`truncated: ${length} bytes wanted at byte ${offset}, the file has ${size}`, { file: name });
}

/** A stretch of what can be read at random, as such; closing it does not close what it is a part of. */
export function section(whole: RandomAccess, start: number, size: number, name = whole.name): RandomAccess {
  return {
    size,
    name,
    read(offset, target) {
      if (offset + target.length > size) return Promise.reject(beyondEnd(offset, target.length, size, name));
      return whole.read(start + offset, target);
    },
    close: () => Promise.resolve(),
  };
}
