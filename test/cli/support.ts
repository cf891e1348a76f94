/** Runs a command line in this process and gives what it printed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from '@jest/globals';
import { runCli } from '../../src/cli/run.js';

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

export async function netspec(...words: string[]): Promise<CliResult> {
  const written = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const output = (to: 'stdout' | 'stderr') => ({
    write: (chunk: string | Uint8Array) => written[to].push(Buffer.from(chunk)),
    isTTY: false,
    columns: 100,
  });
  const code = await runCli(words, { stdout: output('stdout'), stderr: output('stderr') });
  return { code, stdout: Buffer.concat(written.stdout).toString(), stderr: Buffer.concat(written.stderr).toString() };
}

/** Options of `build detection-v2` for the net that test/fixtures/detection-v2-tiny is of. */
export const TINY = '--stem-width 8 --stage-widths 8,16,32,64 --pyramid-channels 32 --input-size 96x128'.split(' ');

/** The words that `node` runs a command line with, as it is built, in a process of its own. */
export function programWords(...words: string[]): string[] {
  return [path.join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js'), ...words];
}

/** A folder that is gone after the test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'netspec-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Path of a fixture. */
export function fixture(...parts: string[]): string {
  return path.join(import.meta.dirname, '..', 'fixtures', ...parts);
}
