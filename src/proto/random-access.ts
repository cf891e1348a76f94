/**
 * Where bytes come from and go to, without saying whether that is a file, memory or a browser's Blob: the caffemodel
 * reader reads from a RandomAccess, the writer writes to a ByteSink. Files are in src/node/files.ts.
 */
import { BYTES, OBJECT, checkArguments } from '../arguments.js';
import { NetspecError } from '../errors.js';

/** Bytes that can be read at any place. */
export interface RandomAccess {
  /** Length in bytes. */
  readonly size: number;
  /** What errors call it, the file's path for instance. */
  readonly name?: string;
  /** The file that these bytes are a stretch of, where they are: for copying by who can do without `read`. */
  readonly stretch?: FileStretch;
  /**
   * Fills all of `target` with the bytes from `offset` on. The target may be a view of shared memory.
   * @throws NetspecError when the range does not lie within the size, or reading fails.
   */
  read(offset: number, target: Uint8Array): Promise<void>;
  /** Closes the file. */
  close(): Promise<void>;
}

/** float32 values among the bytes, row-major and little-endian: as a caffemodel has them. */
export interface StoredFloats {
  readonly access: RandomAccess;
  /** Of the first value, in bytes. */
  readonly offset: number;
  /** Number of values. */
  readonly count: number;
}

/** A stretch of a file. */
export interface FileStretch {
  /** The system's number for an open file, good until it is closed; or the path of one that is opened to be read. */
  readonly file: number | string;
  /** Length of the whole file in bytes, where it is a path: another length than this is another file. */
  readonly size?: number;
  /** Where in the file the stretch begins, in bytes. */
  readonly start: number;
}

/** float32 values in a file, little-endian, and where they belong in another. */
export interface FloatCopy {
  readonly from: FileStretch;
  /** What errors call the file that they are in. */
  readonly name?: string;
  /** Length in bytes. */
  readonly bytes: number;
  /** Where they are to be, in bytes from the start: all of them at each of these. */
  readonly positions: readonly number[];
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
  /**
   * Where there is one, beside `writeAt`, copies values from files by itself, in any order.
   * @param onProgress told which copy is under way, and how many bytes were written since it was last told
   * @param meanwhile awaited; the place for `writeAt` of other things while copying is under way
   * @returns indexes of the copies that have values which are infinite or not a number, ascending
   */
  copyFloats?(
    copies: readonly FloatCopy[],
    onProgress: (copy: number, bytes: number) => void,
    meanwhile: () => Promise<void>,
  ): Promise<number[]>;
}

/**
 * Bytes in memory as a {@link RandomAccess}. They are not copied.
 * @example
 * const reader = await CaffemodelReader.open(fromBytes(encodeNet({ name: 'small' })));
 * reader.net.name; // → 'small'
 */
export function fromBytes(bytes: Uint8Array, name?: string): RandomAccess {
  checkArguments('fromBytes()', { bytes: [bytes, BYTES] });
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

/**
 * A browser's File or Blob as a {@link RandomAccess}; only the ranges asked for are read.
 * @example
 * // In a browser: the File of an <input type="file">.
 * const file = new File([new Uint8Array(encodeNet({ name: 'small' }))], 'small.caffemodel');
 * const reader = await CaffemodelReader.open(fromBlob(file, file.name));
 * reader.net.name; // → 'small'
 */
export function fromBlob(blob: Blob, name?: string): RandomAccess {
  checkArguments('fromBlob()', { blob: [blob, OBJECT] });
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

/**
 * A sink in memory; `bytes()` returns what was written so far in one piece.
 * @example
 * const sink = toBytes();
 * await writeCaffemodel(sink, { name: 'small' }, []);
 * decodeNet(sink.bytes()).name; // → 'small'
 */
export function toBytes(): ByteSink & {
  /** All that was written. */
  bytes(): Uint8Array;
} {
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
  const { stretch } = whole;
  return {
    size,
    name,
    ...(stretch && { stretch: { ...stretch, start: stretch.start + start } }),
    read(offset, target) {
      if (offset + target.length > size) return Promise.reject(beyondEnd(offset, target.length, size, name));
      return whole.read(start + offset, target);
    },
    close: () => Promise.resolve(),
  };
}
