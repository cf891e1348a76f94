/**
 * Node's file system behind the core's interfaces: random access over a file descriptor, and files that appear whole or
 * not at all.
 */
import { FUNCTION, TEXT, checkArguments } from '../arguments.js';
import { constants, copyFileSync, linkSync, readSync, renameSync, unlinkSync } from 'node:fs';
import { access, open, readFile, readlink, realpath, rmdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { isatty } from 'node:tty';
import { NetspecError } from '../errors.js';
import { beyondEnd, fromBytes, type ByteSink, type RandomAccess } from '../proto/random-access.js';
import { decodeUtf8 } from '../proto/utf8.js';
import { explain, explained } from './explain.js';
import { CHUNK_BYTES, deviceSink, FileSink, STEP_BYTES } from './file-sink.js';
import { makeFolder } from './folders.js';
import { addPending, deletePending, isPending } from './pending-files.js';

/**
 * Opens a file for reading at any place. Close it when done. A pipe that the process was started with (`/dev/stdin`) is
 * read into memory.
 * @throws NetspecError when there is no such file, it is a directory, a named pipe or a device, or it may not be read.
 * @example
 * const file = await openFile('x.npy');
 * const magic = new Uint8Array(6);
 * await file.read(0, magic);
 * String.fromCharCode(...magic); // → '\x93NUMPY'
 * await file.close();
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
 * All of a file as text, without a byte order mark. Bytes that are no UTF-8 survive as lone surrogates.
 * @throws NetspecError when it cannot be read.
 * @example
 * parsePrototxt(await readText('net.prototxt')).name; // → 'small'
 */
export async function readText(file: string): Promise<string> {
  return decodeText(await readBytes(file));
}

/** A text file's bytes as text, without a byte order mark; bytes that are no UTF-8 survive, see proto/utf8.ts. */
export function decodeText(bytes: Uint8Array): string {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return decodeUtf8(marked ? bytes.subarray(3) : bytes);
}

/** A file to be written, by {@link writeFilesAtomically}. */
export interface FileToWrite {
  readonly file: string;
  /** Writes the bytes; it is also told the file that they go to, for looking at what is there before it counts. */
  readonly fill: (sink: ByteSink, written: string) => Promise<void>;
}

/** A file of text, in UTF-8; of a function, what it returns when the file's turn comes. */
export function textFile(file: string, text: string | (() => string | Promise<string>)): FileToWrite {
  return {
    file,
    fill: async (sink) => sink.write(new TextEncoder().encode(typeof text === 'string' ? text : await text())),
  };
}

/**
 * Writes a file so that `file` holds either all that `fill` writes or what it held before. The bytes go to a temporary
 * file in the same directory, which is renamed when `fill` is done, and synced before when it replaces another; when `fill`
 * throws, when writing fails, on SIGINT, SIGTERM and SIGHUP the temporary is removed. A symbolic link is followed, also one
 * that leads to no file yet; what is no regular file (/dev/stdout, a pipe) is written to directly.
 * @param fill writes the bytes; it is also told the file that they go to, for looking at what is there before it counts
 * @throws NetspecError naming the file when it cannot be written (permissions, a full disk); and what `fill` throws.
 * @example
 * await writeFileAtomically('note.txt', (sink) => sink.write(new TextEncoder().encode('done')));
 * await readText('note.txt'); // → 'done'
 */
export function writeFileAtomically(file: string, fill: FileToWrite['fill']): Promise<void> {
  checkArguments('writeFileAtomically()', { file: [file, TEXT], fill: [fill, FUNCTION] });
  return writeFilesAtomically([{ file, fill }]);
}

/**
 * Writes files that belong together as {@link writeFileAtomically} writes one: all of them change, or none. They are filled
 * in their order, a later one may read an earlier one where that was `written`. When all are, they are renamed directly
 * one after the other; when one cannot be, those before it become again what they were.
 * @param options.makeFolders make the folders that the files are to be in; those made are removed when nothing is written
 * @throws NetspecError naming the file that cannot be written; and what a `fill` throws. Then no file has changed.
 */
export async function writeFilesAtomically(files: readonly FileToWrite[], { makeFolders = false } = {}): Promise<void> {
  const folders: string[] = [];
  const written: TemporaryFile[] = [];
  try {
    for (const { file, fill } of files) {
      if (makeFolders) await makeFolder(path.dirname(file), (made) => folders.push(made));
      const place = await explained('write', file, () => destination(file));
      if (place.direct) await writeDirectly(file, place.target, fill);
      else await writeTemporary(place, { file, fill }, (temporary) => written.push(temporary));
    }
    renameAll(written);
  } catch (error) {
    for (const { temporary } of written) await unlink(temporary).catch(() => undefined);
    for (const folder of folders.toReversed()) await rmdir(folder).catch(() => undefined);
    throw error;
  } finally {
    for (const { temporary } of written) deletePending(temporary);
  }
}

/** Where the bytes of a file go. */
interface Destination {
  /** The real file, behind links. */
  target: string;
  /** Permissions of the file that is there. */
  mode?: number;
  /** Whether it must be written to in place. */
  direct: boolean;
}

/** A file that is to take the place of another. */
interface TemporaryFile {
  /** What the user calls it. */
  file: string;
  target: string;
  temporary: string;
  replaces: boolean;
}

async function destination(file: string): Promise<Destination> {
  try {
    const stats = await stat(file);
    if (stats.isDirectory()) throw new NetspecError('cannot write: it is a directory', { file });
    // The directory's permissions would let rename replace a file that is write-protected.
    await access(file, constants.W_OK);
    // The pipe that /dev/stdout may lead to has no path.
    if (!stats.isFile()) return { target: file, direct: true };
    return { target: await realpath(file), mode: stats.mode & 0o777, direct: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { target: await linkedPlace(file), direct: false };
    throw error;
  }
}

/** Where a file that is not there would be, behind the links that stand for it. There are no circles: stat refuses those. */
async function linkedPlace(file: string): Promise<string> {
  const link = await readlink(file).catch(() => undefined);
  if (link === undefined) return path.resolve(file);
  const folder = path.dirname(file);
  return linkedPlace(path.resolve(await realpath(folder).catch(() => folder), link));
}

async function writeDirectly(file: string, target: string, fill: FileToWrite['fill']): Promise<void> {
  const handle = await explained('write', file, () => open(target, 'w'));
  try {
    await fill(deviceSink(handle, file), target);
  } finally {
    await handle.close();
  }
}

async function writeTemporary(
  { target, mode }: Destination,
  { file, fill }: FileToWrite,
  onNamed: (temporary: TemporaryFile) => void,
): Promise<void> {
  const temporary = besideName(target, 'tmp');
  // The file that is there is lost when the machine stops before the disk has the new one. A new file costs nothing that was.
  const replaces = mode !== undefined;
  addPending(temporary);
  onNamed({ file, target, temporary, replaces });
  const handle = await explained('write', file, () => open(temporary, 'wx'));
  try {
    if (replaces) await explained('write', file, () => handle.chmod(mode));
    const sink = new FileSink(handle, file, replaces);
    try {
      await fill(sink, temporary);
    } finally {
      await sink.settle();
    }
    if (replaces) await explained('write', file, () => handle.sync());
  } finally {
    await handle.close();
  }
}

/** All renames are made in one go: no signal and no other work comes between them. */
function renameAll(files: readonly TemporaryFile[]): void {
  for (const { file, temporary } of files)
    if (!isPending(temporary)) throw new NetspecError('cannot write: it was interrupted', { file });
  const done: (TemporaryFile & { old?: string })[] = [];
  try {
    for (const each of files) {
      const { file, target, temporary } = each;
      // The last rename either succeeds or changes nothing, so that nobody wants the old file back.
      let old: string | undefined;
      try {
        old = each.replaces && each !== files.at(-1) ? keepOld(target) : undefined;
        renameSync(temporary, target);
      } catch (error) {
        if (old !== undefined) unlinkSync(old);
        throw explain('write', file, error);
      }
      done.push({ ...each, old });
    }
  } catch (error) {
    for (const { target, old } of done.reverse())
      if (old === undefined) unlinkSync(target);
      else renameSync(old, target);
    throw error;
  }
  for (const { old } of done) if (old !== undefined) unlinkSync(old);
}

/** A second name for the file that is about to be replaced. Some file systems know no such names: then a copy. */
function keepOld(target: string): string {
  const old = besideName(target, 'old');
  try {
    linkSync(target, old);
  } catch {
    copyFileSync(target, old, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
  return old;
}

/**
 * A name beside a file that no other has. Two writers of one file must not meet; that nobody can guess it is no concern, as it
 * is created anew or not at all.
 */
function besideName(target: string, extension: string): string {
  const unique = `${process.pid}-${Math.random().toString(36).slice(2)}`;
  return path.join(path.dirname(target), `.${path.basename(target).slice(0, 200)}.${unique}.${extension}`);
}
