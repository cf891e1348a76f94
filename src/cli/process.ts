/** The command line in this process: what the bundle of src/cli/ gives to main.ts. */
import { outputOf } from './process-output.js';
import { runCli } from './run.js';

/** Runs a command line, without the program's name, and leaves its exit code. */
export async function main(words: readonly string[]): Promise<void> {
  const [stdout, stderr] = [outputOf(process.stdout), outputOf(process.stderr)];
  process.exitCode = await runCli(words, { stdout, stderr });
}

export { runCli };
