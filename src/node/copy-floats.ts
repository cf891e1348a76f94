/**
 * copyFloats: values from files to all their places in another, by two threads. The system takes one write to a file
 * at a time; while one thread is at that, the other reads, and looks for values that are not finite.
 */
import fs, { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { NetspecError } from '../errors.js';
import { wasm } from '../generated/finite.js';
import type { FloatCopy } from '../proto/random-access.js';
import { explain } from './explain.js';

/**
 * Copied at a time: little enough to be in the processor's nearer caches still when it is written, and no less, since the
 * kernel keeps what is written at once in few blocks of memory.
 */
const PIECE_BYTES = 2 ** 19;
/** Written by this thread between two turns for whatever else waits. */
const TURN_BYTES = 2 ** 24;
/** To be written in all, from which on a second thread is worth its start. */
const WORTH_A_THREAD = 2 ** 27;

/** Values of {@link Work.second}: the second thread takes part only when it comes before the work is done. */
const SecondThread = { awaited: 0, present: 1, tooLate: 2 } as const;

/** One copy, as threads are told of it. */
interface Task {
  readonly input: number | string;
  /** Length that the input must have, where it is a path. */
  readonly size: number | undefined;
  readonly start: number;
  readonly bytes: number;
  readonly positions: readonly number[];
  /** The number of its first piece, and of the one after its last: pieces are counted through over all tasks. */
  readonly first: number;
  readonly end: number;
}

/** What the threads work on; the arrays are shared. */
interface Work {
  readonly output: number;
  readonly tasks: readonly Task[];
  readonly pieceBytes: number;
  /** The next piece that nobody has taken. */
  readonly next: Int32Array;
  /** Not 0: take no more pieces. */
  readonly stop: Int32Array;
  readonly second: Int32Array;
  /** For each piece, 1 when it has values that are not finite. */
  readonly nonFinite: Uint8Array;
  /** The module of assembly/finite.ts. */
  readonly module: WebAssembly.Module;
}

/** What went wrong where. */
interface Failure {
  readonly task: number;
  readonly verb: 'read' | 'write';
  /** The system's name for it; none when the file ended early. */
  readonly code?: string;
}

/** The exports of assembly/finite.ts. */
interface Scan {
  readonly memory: WebAssembly.Memory;
  readonly hasNonFinite: (ptr: number, bytes: number) => number;
}

type Files = Pick<typeof fs, 'openSync' | 'closeSync' | 'fstatSync' | 'readSync' | 'writeSync'>;

/** The second thread, started before it is needed. */
let waiting: CopyThread | undefined;

/**
 * Says that values will be copied from a file soon. When that is a large one, the second thread is started now, which takes as
 * long as copying a few hundred megabytes. It keeps no process alive.
 * @returns ends the thread if nothing was copied with it; to be called on every path, once nothing more is to be copied
 */
export function expectCopying(from: string): () => Promise<void> {
  try {
    if (statSync(from).size >= WORTH_A_THREAD) waiting ??= CopyThread.start();
  } catch {
    // Whoever opens the file says what is wrong with it.
  }
  const expected = waiting;
  return async () => {
    if (!expected || waiting !== expected) return;
    waiting = undefined;
    await expected.end();
  };
}

/**
 * Copies all of `copies` to the places of `to`, whose bytes elsewhere are left alone. No open file may be closed meanwhile.
 * @param onTurn told now and then how many bytes were written since the last time, and in which copy; awaited
 * @param meanwhile done on this thread first, while the second one has begun to copy
 * @returns indexes of the copies that have values which are infinite or not a number, ascending
 * @throws NetspecError with the file's name when reading or writing fails, or a file ends early; `to` is then incomplete. What
 * the callbacks throw passes through.
 */
export async function copyFloats(
  to: { readonly descriptor: number; readonly name: string },
  copies: readonly FloatCopy[],
  onTurn: (copy: number, bytes: number) => Promise<void>,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<number[]> {
  const tasks = tasksOf(copies);
  const pieces = Math.max(0, ...tasks.map(({ end }) => end));
  const work: Work = {
    output: to.descriptor,
    tasks,
    pieceBytes: PIECE_BYTES,
    next: new Int32Array(new SharedArrayBuffer(4)),
    stop: new Int32Array(new SharedArrayBuffer(4)),
    second: new Int32Array(new SharedArrayBuffer(4)),
    nonFinite: new Uint8Array(new SharedArrayBuffer(pieces)),
    module: new WebAssembly.Module(Buffer.from(wasm, 'base64')),
  };
  let second: CopyThread | undefined;
  if (takenBefore(tasks, pieces).bytes >= WORTH_A_THREAD) {
    second = waiting ?? CopyThread.start();
    waiting = undefined;
    second?.begin(work);
  }
  let failure: Failure | undefined;
  try {
    await meanwhile();
    const scan = new WebAssembly.Instance(work.module).exports as unknown as Scan;
    let told = 0;
    for (let next = 0; next < pieces && Atomics.load(work.stop, 0) === 0;) {
      failure = copyPieces(fs, work, scan, TURN_BYTES);
      next = Math.min(Atomics.load(work.next, 0), pieces);
      const { task, bytes } = takenBefore(tasks, next);
      await onTurn(task, bytes - told);
      told = bytes;
    }
  } finally {
    Atomics.store(work.stop, 0, 1);
    failure ??= await second?.done(work);
  }
  if (failure) throw explained(failure, copies, to.name);
  return tasks.flatMap(({ first, end }, i) => (work.nonFinite.subarray(first, end).includes(1) ? [i] : []));
}

function tasksOf(copies: readonly FloatCopy[]): Task[] {
  let first = 0;
  return copies.map(({ from, bytes, positions }) => {
    const end = first + Math.ceil(bytes / PIECE_BYTES);
    const { file: input, size, start } = from;
    const task = { input, size, start, bytes, positions, first, end };
    first = end;
    return task;
  });
}

/** The task of the last piece below `next`, and how many bytes all pieces below it come to, at all their places. */
function takenBefore(tasks: readonly Task[], next: number): { task: number; bytes: number } {
  let [task, bytes] = [0, 0];
  for (const [i, { first, end, positions, bytes: length }] of tasks.entries()) {
    if (first >= next) break;
    task = i;
    bytes += Math.min(length, (next - first) * PIECE_BYTES) * positions.length;
    if (end > next) break;
  }
  return { task, bytes };
}

/**
 * Copies pieces until none is left, somebody says stop, or `mostBytes` were written. The second thread gets the text of this function:
 * it uses nothing of this module, and has no functions in it, to which some compilers add calls of their own.
 */
function copyPieces(
  { openSync, closeSync, fstatSync, readSync, writeSync }: Files,
  { output, tasks, pieceBytes, next, stop, nonFinite }: Work,
  { memory, hasNonFinite }: Scan,
  mostBytes: number,
): Failure | undefined {
  // The module's first page may be its own; behind the piece is room for what is scanned beyond its end.
  const PAGE = 65536;
  const missing = 2 * PAGE + pieceBytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  const piece = new Uint8Array(memory.buffer, PAGE, pieceBytes + 64);
  let task = 0;
  let verb: Failure['verb'] = 'read';
  try {
    for (let written = 0; written < mostBytes && Atomics.load(stop, 0) === 0;) {
      const number = Atomics.add(next, 0, 1);
      while (tasks[task] && tasks[task]!.end <= number) task++;
      if (!tasks[task]) return undefined;
      const { input, size, start, bytes, positions, first } = tasks[task]!;
      const from = (number - first) * pieceBytes;
      const length = Math.min(pieceBytes, bytes - from);
      verb = 'read';
      const descriptor = typeof input === 'number' ? input : openSync(input, 'r');
      let done = 0;
      let count = 1;
      try {
        if (size !== undefined && fstatSync(descriptor).size !== size) {
          Atomics.store(stop, 0, 1);
          return { task, verb, code: 'ESTALE' };
        }
        for (; done < length && count > 0; done += count)
          count = readSync(descriptor, piece, done, length - done, start + from + done);
      } finally {
        if (descriptor !== input) closeSync(descriptor);
      }
      if (done < length) {
        Atomics.store(stop, 0, 1);
        return { task, verb };
      }
      piece.fill(0, length, length + 64);
      nonFinite[number] = hasNonFinite(PAGE, length);
      verb = 'write';
      for (const position of positions)
        for (done = 0; done < length;) done += writeSync(output, piece, done, length - done, position + from + done);
      written += length * positions.length;
    }
    return undefined;
  } catch (error) {
    Atomics.store(stop, 0, 1);
    return { task, verb, code: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

/** What the second thread runs. */
const THREAD_SOURCE = `
const { parentPort } = require('node:worker_threads');
const files = require('node:fs');
const copyPieces = ${copyPieces.toString()};
parentPort.once('message', (work) => {
  if (Atomics.compareExchange(work.second, 0, ${SecondThread.awaited}, ${SecondThread.present}) !== ${SecondThread.awaited}) return;
  const scan = new WebAssembly.Instance(work.module).exports;
  parentPort.postMessage(copyPieces(files, work, scan, Infinity));
});
`;

/** The second thread. It copies once, or is ended unused. */
class CopyThread {
  readonly #finished: Promise<Failure | undefined>;

  private constructor(private readonly worker: Worker) {
    this.#finished = new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => {
        reject(new Error('the thread that was copying has ended'));
      });
    });
    // Of consequence only when it had begun.
    this.#finished.catch(() => undefined);
    // One that waits, or comes too late, is no reason for the process to stay. Last, since listening for messages is one.
    worker.unref();
  }

  /** Undefined where no thread is to be had. */
  static start(): CopyThread | undefined {
    try {
      return new CopyThread(new Worker(THREAD_SOURCE, { eval: true, name: 'netspec copy' }));
    } catch {
      return undefined;
    }
  }

  begin(work: Work): void {
    this.worker.postMessage(work);
  }

  /** Waits until the thread has left the files alone, where it had begun, and ends it. Says whether it failed. */
  async done({ second }: Work): Promise<Failure | undefined> {
    const before = Atomics.compareExchange(second, 0, SecondThread.awaited, SecondThread.tooLate);
    try {
      if (before !== SecondThread.present) return undefined;
      this.worker.ref();
      return await this.#finished;
    } finally {
      await this.end();
    }
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}

function explained({ task, verb, code }: Failure, copies: readonly FloatCopy[], output: string): unknown {
  const file = verb === 'read' ? copies[task]!.name : output;
  if (code === undefined) return new NetspecError('truncated while it was being read', { file });
  return explain(verb, file ?? 'the source', Object.assign(new Error(code), { code }));
}
