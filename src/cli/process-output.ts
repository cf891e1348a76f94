/** process-output: a process's stream as commands write to it: its reader may go away, and its disk may be full. */
import { fstatSync, writeSync } from 'node:fs';
import { explain } from '../node/explain.js';
import type { Output } from './shared/print.js';

/** A stream of the process. */
export interface ProcessOutput extends Output {
  /** Why not all that was written has arrived; undefined when it has, and when nobody reads it any longer. */
  failure(): { error: unknown; wasThrown: boolean } | undefined;
  /** Settles when all that was written is out, or has failed. */
  ended(): Promise<void>;
}

/**
 * A stream whose reader may close early, as in `netspec verify … | head`. What is written then goes nowhere and the command
 * runs on: it may have files to write, and its exit code says whether nets agree. Any other failure is kept.
 * @param throws whether a write that fails, or comes after one that failed, ends the command with the error
 */
export function outputOf(
  stream: NodeJS.WriteStream & { fd: number },
  name: string,
  { throws }: { throws: boolean },
): ProcessOutput {
  let isClosed = false;
  let failure: { error: unknown; wasThrown: boolean } | undefined;
  /** Whoever waits for room, which comes with a drain or never. */
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  const fail = (error: unknown): void => {
    isClosed = true;
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE')
      failure ??= { error: explain('write', name, error), wasThrown: false };
    wake();
  };
  const write =
    !stream.isTTY && isFile(stream.fd) ? fileWriter(stream.fd) : (chunk: string | Uint8Array) => stream.write(chunk);
  stream.on('drain', wake);
  stream.on('error', fail);
  return {
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
    hasColors: hasColors(stream, process.env),
    write: (chunk) => {
      try {
        if (!isClosed) return write(chunk);
      } catch (error) {
        fail(error);
      }
      if (throws && failure) {
        failure.wasThrown = true;
        throw failure.error as Error;
      }
      return true;
    },
    drained: () =>
      new Promise((resolve) => {
        if (isClosed) resolve();
        else waiting.push(resolve);
      }),
    failure: () => failure,
    ended: () => new Promise((resolve) => stream.write('', () => resolve())),
  };
}

/** Whether colours are wanted: by the variables that many programs know, or else by a terminal that shows them. */
export function hasColors({ isTTY }: { isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  if (FORCE_COLOR !== undefined) return !['0', 'false'].includes(FORCE_COLOR);
  return !NO_COLOR && isTTY === true && TERM !== 'dumb';
}

function isFile(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor);
    return stats.isFile() || stats.isCharacterDevice();
  } catch {
    return false;
  }
}

/** Node's own stream takes no notice when the disk has room for a part only. */
function fileWriter(descriptor: number): (chunk: string | Uint8Array) => true {
  return (chunk) => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
    return true;
  };
}
