/**
 * Node's file system behind the core's interfaces: random access over a file descriptor, and files that appear whole or
 * not at all.
 */
import { constants, readSync, unlinkSync, writeSync } from 'node:fs';
import { access, open, readFile, realpath, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { isatty } from 'node:tty';
import { setImmediate as otherWork } from 'node:timers/promises';
import { NetspecError } from '../errors.js';
import { beyondEnd, fromBytes, type ByteSink, type FloatCopy, type RandomAccess } from '../proto/random-access.js';
import { decodeUtf8 } from '../proto/utf8.js';
import { copyFloats } from './copy-floats.js';
import { explain, explained } from './explain.js';

/** One system call moves at most this much; the kernel's own limit is just under 2 GiB. */
const CHUNK_BYTES = 64 * 2 ** 20;

/**
 * Files are written in steps of this size, and pieces up to it read, on this thread: what was just read or computed is still in
 * the processor's cache, and handing so little to another thread takes longer than copying it. Smaller steps take longer
 * too: the kernel keeps what is written at once in one block of memory.
 */
const STEP_BYTES = 2 ** 18;
/** After so much was moved, whatever else waits has its turn: a signal, a progress bar. */
const TURN_BYTES = 2 ** 24;
/** After so much was written, the disk is set to work on it while writing goes on. */
const FLUSH_BYTES = 2 ** 27;

/**
 * Opens a file for reading at any place. Close it when done. A pipe that the process was started with (`/dev/stdin`) is
 * read into memory.
 * @throws NetspecError when there is no such file, it is a directory, a named pipe or a device, or it may not be read.
 */
export async function openFile(file: string): Promise<RandomAccess> {
  const opened = await openInput(file);
  return opened ? accessTo(file, opened) : fromBytes(await readStream(file), file);
}

interface Opened {
  handle: FileHandle;
  size: number;
}

/**
 * Opens a regular file; undefined for an input stream of this process. Others are refused: a named pipe blocks until
 * somebody writes, and a device may have no end.
 */
async function openInput(file: string): Promise<Opened | undefined> {
  // A named pipe opens at once, without waiting for a writer. Windows has no such flag, nor such pipes.
  const flags = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);
  const handle = await explained('read', file, () => open(file, flags));
  try {
    const stats = await handle.stat();
    if (stats.isFile()) return { handle, size: stats.size };
    if (!(isOwnDescriptor(file) && (stats.isFIFO() || isatty(handle.fd))))
      throw new NetspecError(`cannot read: it is ${stats.isDirectory() ? 'a directory' : 'no regular file'}`, {
        file,
        hint: stats.isFIFO() ? 'save what the pipe gives in a file first' : undefined,
      });
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

/** Whether a path stands for a file that this process has open already. */
function isOwnDescriptor(file: string): boolean {
  return /^\/(dev\/stdin|(dev|proc\/self)\/fd\/\d+)$/.test(file);
}

/** All that comes before the end of a pipe or a terminal. */
function readStream(file: string): Promise<Uint8Array> {
  return explained('read', file, () => readFile(file));
}

function accessTo(file: string, { handle, size }: Opened): RandomAccess {
  return {
    size,
    name: file,
    stretch: { file: handle.fd, start: 0 },
    async read(offset, target) {
      if (offset + target.length > size) throw beyondEnd(offset, target.length, size, file);
      const small = target.length <= STEP_BYTES;
      for (let done = 0; done < target.length;) {
        const length = Math.min(CHUNK_BYTES, target.length - done);
        const bytesRead = await explained('read', file, async () =>
          small
            ? readSync(handle.fd, target, done, length, offset + done)
            : (await handle.read(target, done, length, offset + done)).bytesRead,
        );
        if (bytesRead === 0) throw new NetspecError('truncated while it was being read', { file });
        done += bytesRead;
      }
    },
    close: () => handle.close(),
  };
}

/**
 * All bytes of a file.
 * @throws NetspecError when it cannot be read.
 */
export async function readBytes(file: string): Promise<Uint8Array> {
  const opened = await openInput(file);
  if (!opened) return readStream(file);
  try {
    const { buffer, byteOffset, length } = await explained('read', file, () => opened.handle.readFile());
    return new Uint8Array(buffer, byteOffset, length);
  } finally {
    await opened.handle.close();
  }
}

/**
 * All of a file as text: see {@link decodeText}.
 * @throws NetspecError when it cannot be read.
 */
export async function readText(file: string): Promise<string> {
  return decodeText(await readBytes(file));
}

/** A text file's bytes as text, without a byte order mark; bytes that are no UTF-8 survive, see proto/utf8.ts. */
export function decodeText(bytes: Uint8Array): string {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return decodeUtf8(marked ? bytes.subarray(3) : bytes);
}

/**
 * Writes a file so that `file` holds either all that `fill` writes or what it held before. The bytes go to a temporary
 * file in the same directory, which is renamed when `fill` is done, and synced before when it replaces another; when `fill`
 * throws, when writing fails, on SIGINT, SIGTERM and SIGHUP the temporary is removed. A symbolic link is followed; what is no
 * regular file (/dev/stdout, a pipe) is written to directly.
 * @param fill writes the bytes; it is also told the file that they go to, for looking at what is there before it counts
 * @throws NetspecError naming the file when it cannot be written (permissions, a full disk); and what `fill` throws.
 */
export async function writeFileAtomically(
  file: string,
  fill: (sink: ByteSink, written: string) => Promise<void>,
): Promise<void> {
  const { target, mode, direct } = await explained('write', file, () => destination(file));
  if (direct) {
    const handle = await explained('write', file, () => open(target, 'w'));
    try {
      await fill(deviceSink(handle, file), target);
    } finally {
      await handle.close();
    }
    return;
  }
  const temporary = path.join(path.dirname(target), `.${path.basename(target).slice(0, 200)}.${uniqueSuffix()}.tmp`);
  // Registered first: a signal between the creation of the file and the next line must find it.
  pending.add(temporary);
  watchSignals();
  // The file that is there is lost when the machine stops before the disk has the new one. A new file costs nothing that was.
  const durable = mode !== undefined;
  try {
    const handle = await explained('write', file, () => open(temporary, 'wx'));
    try {
      if (mode !== undefined) await explained('write', file, () => handle.chmod(mode));
      const sink = new FileSink(handle, file, durable);
      try {
        await fill(sink, temporary);
      } finally {
        await sink.settle();
      }
      if (durable) await explained('write', file, () => handle.sync());
    } finally {
      await handle.close();
    }
    // A signal took it away, and the program goes on because it listens for signals itself.
    if (!pending.has(temporary)) throw new NetspecError('cannot write: it was interrupted', { file });
    await explained('write', file, () => rename(temporary, target));
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  } finally {
    pending.delete(temporary);
    if (pending.size === 0) unwatchSignals();
  }
}

/** The real target behind links, the permissions it has, and whether it must be written to in place. */
async function destination(file: string): Promise<{ target: string; mode?: number; direct: boolean }> {
  try {
    const stats = await stat(file);
    if (stats.isDirectory()) throw new NetspecError('cannot write: it is a directory', { file });
    // The directory's permissions would let rename replace a file that is write-protected.
    await access(file, constants.W_OK);
    // The pipe that /dev/stdout may lead to has no path.
    if (!stats.isFile()) return { target: file, direct: true };
    return { target: await realpath(file), mode: stats.mode & 0o777, direct: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { target: path.resolve(file), direct: false };
    throw error;
  }
}

/** Writes to a device or a pipe, which may keep us waiting. */
function deviceSink(handle: FileHandle, file: string): ByteSink {
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
class FileSink implements ByteSink {
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

/** Two writers of one file must not meet; that nobody can guess it is no concern, as it is created anew or not at all. */
function uniqueSuffix(): string {
  return `${process.pid}-${Math.random().toString(36).slice(2)}`;
}

/** Temporary files of this process that are neither renamed nor removed yet. */
const pending = new Set<string>();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
let watching = false;

function removePending(): void {
  for (const temporary of pending) {
    try {
      unlinkSync(temporary);
    } catch {
      // not created yet, or already renamed
    }
  }
  pending.clear();
}

/** Having a listener keeps a signal from ending the process, so unless others listen too it is sent once more. */
function onSignal(signal: NodeJS.Signals): void {
  removePending();
  unwatchSignals();
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

function watchSignals(): void {
  if (watching) return;
  watching = true;
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('exit', removePending);
}

function unwatchSignals(): void {
  watching = false;
  for (const signal of SIGNALS) process.off(signal, onSignal);
  process.off('exit', removePending);
}
