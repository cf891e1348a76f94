/**
 * run: the table of commands, and what is common to them: usage errors, help, exit codes. Usable without a process, so
 * tests call it as the shell does.
 */
import yargs, { type Argv } from 'yargs';
import { readFileSync } from 'node:fs';
import { NetspecError } from '../errors.js';
import { EXIT, print, UsageError, type AnyCommand, type CommandContext } from './command.js';

/** Each command's module is loaded when it is asked for, and all of them for the list in the help. */
const COMMANDS: Readonly<Record<string, () => Promise<AnyCommand>>> = {
  list: async () => (await import('./list.js')).listCommand,
  build: async () => (await import('./build.js')).buildCommand,
  map: async () => (await import('./map.js')).mapCommand,
  'pack-weights': async () => (await import('./pack-weights.js')).packWeightsCommand,
  verify: async () => (await import('./verify.js')).verifyCommand,
  draw: async () => (await import('./draw.js')).drawCommand,
  preprocess: async () => (await import('./preprocess.js')).preprocessCommand,
  detect: async () => (await import('./detect.js')).detectCommand,
  classify: async () => (await import('./classify.js')).classifyCommand,
  forward: async () => (await import('./forward.js')).forwardCommand,
  time: async () => (await import('./time.js')).timeCommand,
  inspect: async () => (await import('./inspect.js')).inspectCommand,
  convert: async () => (await import('./convert.js')).convertCommand,
  diff: async () => (await import('./diff.js')).diffCommand,
  extract: async () => (await import('./extract.js')).extractCommand,
  optimize: async () => (await import('./optimize.js')).optimizeCommand,
};

const HELP_WORDS = new Set(['--help', '-h', '--version']);

/**
 * Runs one command line, without the program's name.
 * @returns the exit code: 0 success, 1 a verification that failed, 2 bad input or usage.
 */
export async function runCli(words: readonly string[], context: CommandContext): Promise<number> {
  let exitCode: number = EXIT.ok;
  const [asked = ''] = words;
  const known = Object.hasOwn(COMMANDS, asked);
  const parser = yargs()
    .parserConfiguration({ 'camel-case-expansion': true, 'greedy-arrays': false })
    .exitProcess(false)
    .strict()
    .version(version())
    .help()
    .alias('h', 'help')
    .wrap(Math.min(context.stdout.columns ?? 100, 120))
    .fail((message: string | null, error: Error | undefined) => {
      // yargs' own complaints come as messages, but for those of `nargs`.
      if (error && error.name !== 'YError') throw error;
      throw new UsageError(error?.message ?? message ?? 'wrong usage');
    });
  const add = ({ describe, options, run }: AnyCommand, command: string) => {
    let known: ParserOptions;
    parser.command({
      command,
      describe,
      builder: (argv: Argv) => {
        options(argv, rest);
        known = parserOptions(argv);
        argv.requiresArg([...known.string, ...known.number]);
        return argv;
      },
      handler: async (parsed) => {
        checkGivenOnce(parsed, command, known);
        exitCode = await run(parsed, context);
      },
    });
  };
  const rest = known ? words.slice(1) : words;
  try {
    if (known) {
      // As its parser's default command: beside a named one, yargs composes the whole help each time it runs.
      const command = await COMMANDS[asked]!();
      parser.scriptName(`netspec ${asked}`);
      add(command, command.command.replace(asked, '$0'));
    } else {
      parser
        .scriptName('netspec')
        .usage('$0 COMMAND [options]\n\nAuthor Caffe networks, pack PyTorch weights into them, run and verify them.')
        .recommendCommands()
        .demandCommand(1, 'no command given');
      for (const load of Object.values(COMMANDS)) {
        const command = await load();
        add(command, command.command);
      }
    }
    // Likewise when given a callback, which is how the help's text comes to us.
    if (words.some((word) => HELP_WORDS.has(word)))
      await parser.parseAsync([...rest], {}, (_error, _parsed, output) => {
        if (output) print(context.stdout, output);
      });
    else await parser.parseAsync([...rest]);
    return exitCode;
  } catch (error) {
    print(context.stderr, ...explain(error, words));
    return EXIT.badInput;
  }
}

/** What yargs knows of a command's options, by name and by alias. */
interface ParserOptions {
  string: string[];
  number: string[];
  array: string[];
  /** How many values an option takes, where that is not one. */
  narg: Record<string, number>;
}

/** Not in the types, though it is how yargs hands options to its completions. A copy: yargs forgets positionals later. */
function parserOptions(argv: Argv): ParserOptions {
  const { string, number, array, narg } = (argv as unknown as { getOptions(): ParserOptions }).getOptions();
  return { string: [...string], number: [...number], array: [...array], narg: { ...narg } };
}

/** yargs makes a list of an option that is given twice, which commands that expect one value know nothing of. */
function checkGivenOnce(
  parsed: Readonly<Record<string, unknown>>,
  command: string,
  { array, narg }: ParserOptions,
): void {
  for (const [name, value] of Object.entries(parsed)) {
    // Aliases of one letter go with the option's name, and `<image..>` is a list by right.
    if (name.length === 1 || !Array.isArray(value) || array.includes(name) || command.includes(`${name}..`)) continue;
    if (value.length !== (narg[name] || 1)) throw new NetspecError(`--${name} is given more than once`);
  }
}

function explain(error: unknown, words: readonly string[]): string[] {
  if (error instanceof NetspecError) return [`netspec: ${error.message}`];
  if (error instanceof UsageError) {
    return [
      `netspec: ${error.message}`,
      `see netspec ${Object.hasOwn(COMMANDS, words[0] ?? '') ? `${words[0]!} ` : ''}--help`,
    ];
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
