/** print: where commands write, and how: lines, JSON, and reports that must not mix with a file's bytes. */
import { fstatSync, statSync } from 'node:fs';
import { visible, visibleJson } from './visible.js';

/** An output stream, as far as commands use one. */
export interface Output {
  /** False when the stream has more than it likes to hold: then wait for {@link Output.drained}. */
  write(chunk: string | Uint8Array): unknown;
  /** Settles when the stream takes more, or nothing any longer. */
  drained?(): Promise<void>;
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Whether its reader sees colours. */
  readonly hasColors?: boolean;
}

/** A line that is printed as it stands, since it is {@link visible} already: it may hold colours. */
export class ReadyLine {
  constructor(readonly text: string) {}
}

export type Line = string | ReadyLine;

/** Writes lines to a stream; what is no {@link ReadyLine} is made visible. */
export function print(out: Output, ...lines: readonly Line[]): void {
  out.write(lines.map((line) => `${line instanceof ReadyLine ? line.text : visible(line)}\n`).join(''));
}

/** Writes a value as indented JSON. */
export function printJson(out: Output, value: unknown): void {
  print(out, new ReadyLine(visibleJson(JSON.stringify(value, null, 2))));
}

/** How a part of a line looks: a heading is set back, what is wrong stands out. */
const LOOKS = { heading: [2, 22], bad: [31, 39] } as const;
export type Look = keyof typeof LOOKS;

/** Text with a look, where the stream's reader sees colours. */
export function withLook(out: Output, look: Look, text: string): string {
  const [on, off] = LOOKS[look];
  return out.hasColors && text !== '' ? `\x1b[${on}m${text}\x1b[${off}m` : text;
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
