/** print: where commands write, and how: lines, JSON, and reports that must not mix with a file's bytes. */
import { fstatSync, statSync } from 'node:fs';

/** An output stream, as far as commands use one. */
export interface Output {
  /** False when the stream has more than it likes to hold: then wait for {@link Output.drained}. */
  write(chunk: string | Uint8Array): unknown;
  /** Settles when the stream takes more, or nothing any longer. */
  drained?(): Promise<void>;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Writes lines to a stream. */
export function print(out: Output, ...lines: string[]): void {
  out.write(lines.map((line) => `${line}\n`).join(''));
}

/** Writes a value as indented JSON. */
export function printJson(out: Output, value: unknown): void {
  print(out, JSON.stringify(value, null, 2));
}

/** Where to report on files that are written: beside stdout, when one of them is where that leads, as /dev/stdout is. */
export function reportStream(
  files: readonly (string | undefined)[],
  { stdout, stderr }: { stdout: Output; stderr: Output },
): Output {
  const own = identityOf(1);
  const isStdout = (file: string | undefined) => own !== undefined && file !== undefined && identityOf(file) === own;
  return files.some(isStdout) ? stderr : stdout;
}

/** What tells a file from all others, by its path or descriptor; undefined where there is none. */
function identityOf(file: string | number): string | undefined {
  try {
    const { dev, ino } = typeof file === 'number' ? fstatSync(file) : statSync(file);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}
