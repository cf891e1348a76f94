/** writeTogether: several files that appear all, or none of them. */
import type { ByteSink } from '../proto/random-access.js';
import { writeFileAtomically } from './files.js';

/** A file to be written. */
export interface FileToWrite {
  readonly file: string;
  /** As {@link writeFileAtomically} has it. */
  readonly fill: (sink: ByteSink, written: string) => Promise<void>;
}

/**
 * Writes files beside their places, in order, and moves them there when all are written. A later one may read an earlier one
 * under the name that `fill` is told.
 * @throws NetspecError when a file cannot be written, and what a `fill` throws; then no file has changed
 */
export async function writeTogether(files: readonly FileToWrite[]): Promise<void> {
  const [first, ...others] = files;
  if (!first) return;
  await writeFileAtomically(first.file, async (sink, written) => {
    await first.fill(sink, written);
    await writeTogether(others);
  });
}

/** A file of text. */
export function textFile(file: string, text: () => string | Promise<string>): FileToWrite {
  return { file, fill: async (sink) => sink.write(new TextEncoder().encode(await text())) };
}
