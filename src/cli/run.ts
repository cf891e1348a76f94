/**
 * run: the table of commands, and what is common to them: usage errors, help, exit codes. Usable without a process, so
 * tests call it as the shell does.
 */
import yargs, { type Argv } from 'yargs';
import { readFileSync } from 'node:fs';
import { NetspecError } from '../errors.js';
import { EXIT, print, UsageError, type AnyCommand, type CommandContext } from './command.js';
import { buildCommand } from './build.js';
import { convertCommand } from './convert.js';
import { forwardCommand } from './forward.js';
import { inspectCommand } from './inspect.js';
import { listCommand } from './list.js';
import { packWeightsCommand } from './pack-weights.js';
import { verifyCommand } from './verify.js';

const COMMANDS: readonly AnyCommand[] = [
  listCommand,
  buildCommand,
  packWeightsCommand,
  verifyCommand,
  forwardCommand,
  inspectCommand,
  convertCommand,
];

/**
 * Runs one command line, without the program's name.
 * @returns the exit code: 0 success, 1 a verification that failed, 2 bad input or usage.
 */
export async function runCli(words: readonly string[], context: CommandContext): Promise<number> {
  let exitCode: number = EXIT.ok;
  const parser = yargs()
    .scriptName('netspec')
    .usage('$0 COMMAND [options]\n\nAuthor Caffe networks, pack PyTorch weights into them, run and verify them.')
    .parserConfiguration({ 'camel-case-expansion': true, 'greedy-arrays': false })
    .exitProcess(false)
    .strict()
    .recommendCommands()
    .demandCommand(1, 'no command given')
    .version(version())
    .help()
    .alias('h', 'help')
    .wrap(Math.min(context.stdout.columns ?? 100, 120))
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new UsageError(message ?? 'wrong usage');
    });
  for (const { command, describe, options, run } of COMMANDS) {
    parser.command({
      command,
      describe,
      builder: (argv: Argv) => options(argv, words.slice(1)),
      handler: async (parsed) => {
        exitCode = await run(parsed, context);
      },
    });
  }
  try {
    await parser.parseAsync([...words], {}, (_error, _parsed, output) => {
      if (output) print(context.stdout, output);
    });
    return exitCode;
  } catch (error) {
    print(context.stderr, ...explain(error, words));
    return EXIT.badInput;
  }
}

function explain(error: unknown, words: readonly string[]): string[] {
  if (error instanceof NetspecError) return [`netspec: ${error.message}`];
  if (error instanceof UsageError) {
    const command = COMMANDS.find((c) => c.command.split(' ')[0] === words[0]);
    return [`netspec: ${error.message}`, `see netspec ${command ? `${words[0]!} ` : ''}--help`];
  }
  // Anything else is a defect of ours; the trace is what a report of it needs.
  return [
    'netspec: internal error, please report it',
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  ];
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
