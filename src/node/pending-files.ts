/** pending-files: temporary files of this process, which are removed when a signal ends it. */
import { unlinkSync } from 'node:fs';

/** Those that are neither renamed nor removed yet. */
const pending = new Set<string>();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
let watching = false;

/** Adds a file. Before it is created: a signal between that and the next line must find it. */
export function addPending(file: string): void {
  pending.add(file);
  watchSignals();
}

/** Takes out a file that was renamed or removed. */
export function deletePending(file: string): void {
  pending.delete(file);
  if (pending.size === 0) unwatchSignals();
}

/** Whether a file is still there: a signal takes it away, and the program goes on if it listens for signals itself. */
export function isPending(file: string): boolean {
  return pending.has(file);
}

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
