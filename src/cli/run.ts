/**
 * run: runs a command line: usage errors, help, exit codes. Usable without a process, so tests call it as the shell does.
 */
import yargs, { type Argv } from 'yargs';
import { NetspecError } from '../errors.js';
import { ownVersion } from '../node/own-package.js';
import { onRemark } from '../remarks.js';
import { isCommand, loadCommand, loadCommands } from './commands/index.js';
import { declare, valuesOf } from './parse.js';
import { EXIT, UsageError, type Command, type CommandContext } from './shared/command.js';
import { errorLines } from './shared/error-lines.js';
import { helpLines } from './shared/help-text.js';
import { asCommandLine } from './shared/option-names.js';
import { signature, type OptionTable } from './shared/options.js';
import { print } from './shared/print.js';
import { usageMessage } from './shared/usage-message.js';

const HELP_WORDS = new Set(['--help', '-h', '--version']);

/**
 * Runs one command line, without the program's name.
 * @returns the exit code: 0 success, 1 a verification that failed, 2 bad input or usage.
 */
export async function runCli(words: readonly string[], context: CommandContext): Promise<number> {
  let exitCode: number = EXIT.ok;
  const [asked = ''] = words;
  const known = isCommand(asked);
  const rest = known ? words.slice(1) : words;
  let command: Command | undefined;
  let options: OptionTable = {};
  const width = Math.min(context.stdout.columns ?? 100, 120);
  const parser = yargs()
    .parserConfiguration({ 'camel-case-expansion': true, 'greedy-arrays': false })
    .exitProcess(false)
    .strict()
    .version(ownVersion())
    .help()
    .alias('h', 'help')
    // Headings in the order of their first mention: options that have one of their own come last.
    .group([], 'Positionals:')
    .group([], 'Options:')
    .wrap(width)
    .fail((message: string | null, error: Error | undefined) => {
      // yargs' own complaints come as messages, but for those of `nargs`.
      if (error && error.name !== 'YError') throw error;
      throw new UsageError(usageMessage(error?.message ?? message ?? 'wrong usage', { words: rest, command, options }));
    });
  const add = (added: Command, name: string) => {
    const extra = added.extraOptions?.(rest) ?? {};
    parser.command({
      command: signature(name, added.positionals),
      describe: added.describe,
      builder: (argv: Argv) => {
        declare(argv, added, extra);
        for (const [line, describe] of added.examples ?? []) argv.example(line, describe);
        return argv;
      },
      handler: async (parsed) => {
        const given = valuesOf(parsed, added, extra);
        exitCode = await added.run(given.values, { ...context, loadCommands }, given.extra);
      },
    });
  };
  /** What was taken for granted is said once, however often a command reads the file. */
  const said = new Set<string>();
  const endRemarks = onRemark((remark) => {
    if (!said.has(remark)) print(context.stderr, `note: ${asCommandLine(remark)}`);
    said.add(remark);
  });
  try {
    if (known) {
      // As its parser's default command: beside a named one, yargs composes the whole help each time it runs.
      parser.scriptName(`netspec ${asked}`);
      command = await loadCommand(asked);
      options = { ...command.options, ...command.extraOptions?.(rest) };
      add(command, '$0');
    } else {
      parser
        .scriptName('netspec')
        .usage('$0 COMMAND [options]\n\nAuthor Caffe networks, pack PyTorch weights into them, run and verify them.')
        .recommendCommands()
        .demandCommand(1, 'no command given');
      for (const each of await loadCommands()) add(each, each.name);
    }
    // Likewise when given a callback, which is how the help's text comes to us.
    if (words.some((word) => HELP_WORDS.has(word)))
      await parser.parseAsync([...rest], {}, (_error, _parsed, output) => {
        if (output) print(context.stdout, ...helpLines(output, width));
      });
    else await parser.parseAsync([...rest]);
    return exitCode;
  } catch (error) {
    print(context.stderr, ...explain(error, words));
    return EXIT.badInput;
  } finally {
    endRemarks();
  }
}

function explain(error: unknown, words: readonly string[]): string[] {
  if (error instanceof NetspecError) return errorLines(error);
  if (error instanceof UsageError) {
    return [
      ...`netspec: ${error.message}`.split('\n'),
      `see netspec ${isCommand(words[0] ?? '') ? `${words[0]!} ` : ''}--help`,
    ];
  }
  // Anything else is a defect of ours; the trace is what a report of it needs.
  return [
    'netspec: internal error, please report it',
    ...(error instanceof Error ? (error.stack ?? error.message) : String(error)).split('\n'),
  ];
}
