/** process-output: a process's stream as commands write to it, whose reader may go away. */
import type { Output } from './shared/print.js';

/**
 * A stream whose reader may close early, as in `netspec verify … | head`. What is written then goes nowhere and the command
 * runs on: it may have files to write, and its exit code says whether nets agree.
 */
export function outputOf(stream: NodeJS.WriteStream): Output {
  let isClosed = false;
  /** Whoever waits for room, which comes with a drain or never. */
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  stream.on('drain', wake);
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isClosed = true;
    wake();
  });
  // Progress bars move the cursor, so they want the stream itself; nothing closes a terminal early.
  if (stream.isTTY) return stream;
  return {
    write: (chunk) => isClosed || stream.write(chunk),
    drained: () =>
      new Promise((resolve) => {
        if (isClosed) resolve();
        else waiting.push(resolve);
      }),
  };
}
