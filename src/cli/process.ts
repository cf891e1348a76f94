/** The command line in this process: what the bundle of src/cli/ gives to main.ts. */
import { NetspecError } from '../errors.js';
import { outputOf } from './process-output.js';
import { runCli } from './run.js';
import { EXIT } from './shared/command.js';
import { errorLines } from './shared/error-lines.js';
import { print } from './shared/print.js';

/** Runs a command line, without the program's name, and leaves its exit code. */
export async function main(words: readonly string[]): Promise<void> {
  const stdout = outputOf(process.stdout, 'stdout', { throws: true });
  const stderr = outputOf(process.stderr, 'stderr', { throws: false });
  process.exitCode = await runCli(words, { stdout, stderr });
  // A pipe or a terminal says only now that it does not take what was written.
  await stdout.ended();
  const failure = stdout.failure();
  if (failure && !failure.wasThrown && failure.error instanceof NetspecError)
    print(stderr, ...errorLines(failure.error));
  if (failure ?? stderr.failure()) process.exitCode = EXIT.badInput;
}

export { runCli };
