/** file-sink: bytes into a file that is open: a regular one, at any place, or a device. */
import { writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate as otherWork } from 'node:timers/promises';
import type { ByteSink, FloatCopy } from '../proto/random-access.js';
import { copyFloats } from './copy-floats.js';
import { explain, explained } from './explain.js';

/** One system call moves at most this much; the kernel's own limit is just under 2 GiB. */
export const CHUNK_BYTES = 64 * 2 ** 20;

/**
 * Files are written in steps of this size, and pieces up to it read, on this thread: what was just read or computed is still in
 * the processor's cache, and handing so little to another thread takes longer than copying it. Smaller steps take longer
 * too: the kernel keeps what is written at once in one block of memory.
 */
export const STEP_BYTES = 2 ** 18;
/** After so much was moved, whatever else waits has its turn: a signal, a progress bar. */
const TURN_BYTES = 2 ** 24;
/** After so much was written, the disk is set to work on it while writing goes on. */
const FLUSH_BYTES = 2 ** 27;

/** Writes to a device or a pipe, which may keep us waiting. */
export function deviceSink(handle: FileHandle, file: string): ByteSink {
  return {
    async write(bytes) {
      for (let done = 0; done < bytes.length;) {
        const length = Math.min(CHUNK_BYTES, bytes.length - done);
        done += (await explained('write', file, () => handle.write(bytes, done, length))).bytesWritten;
      }
    },
  };
}

/** Writes to an open regular file: in order, or at any place. */
export class FileSink implements ByteSink {
  #end = 0;
  #sinceTurn = 0;
  #sinceFlush = 0;
  /** The flush under way, and how the last one failed: a full disk may show only there. */
  #flush: Promise<void> | undefined;
  #failure: unknown;

  constructor(
    private readonly handle: FileHandle,
    private readonly file: string,
    /** Whether the disk is to have all of it in the end, so that it may as well begin early. */
    private readonly flushes: boolean,
  ) {}

  async write(bytes: Uint8Array): Promise<void> {
    await this.writeAt(this.#end, bytes);
    this.#end += bytes.length;
  }

  async writeAt(position: number, bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length;) {
        const length = Math.min(STEP_BYTES, bytes.length - done);
        done += writeSync(this.handle.fd, bytes, done, length, position + done);
      }
    } catch (error) {
      throw explain('write', this.file, error);
    }
    await this.#wrote(bytes.length);
  }

  async copyFloats(
    copies: readonly FloatCopy[],
    onProgress: (copy: number, bytes: number) => void,
    meanwhile?: () => Promise<void>,
  ): Promise<number[]> {
    const onTurn = async (copy: number, bytes: number): Promise<void> => {
      onProgress(copy, bytes);
      await this.#wrote(bytes);
    };
    return copyFloats({ descriptor: this.handle.fd, name: this.file }, copies, onTurn, meanwhile);
  }

  async #wrote(bytes: number): Promise<void> {
    this.#sinceTurn += bytes;
    this.#sinceFlush += bytes;
    if (this.#sinceTurn >= TURN_BYTES) {
      this.#sinceTurn = 0;
      await otherWork();
    }
    if (this.flushes && this.#sinceFlush >= FLUSH_BYTES && !this.#flush) this.#startFlush();
  }

  /** Waits for a flush that is under way. The file must not be closed under it. */
  async settle(): Promise<void> {
    await this.#flush;
    if (this.#failure !== undefined) throw explain('write', this.file, this.#failure);
  }

  #startFlush(): void {
    this.#sinceFlush = 0;
    this.#flush = this.handle
      .datasync()
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#flush = undefined;
      });
  }
}
