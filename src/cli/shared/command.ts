/**
 * command: what a command is. Each file of src/cli/commands/ holds one, and loads what the command needs only when it runs,
 * so that `netspec build` starts fast.
 */
import type { OptionTable, ValuesOf } from './options.js';
import type { Output } from './print.js';

export interface CommandContext {
  /** Results. */
  stdout: Output;
  /** Progress, remarks and errors. */
  stderr: Output;
  /** All commands, for one that tells of the others; set by what runs the command line. */
  loadCommands?: () => Promise<readonly Command[]>;
}

/** Exit codes: 0 success, 1 a check that failed, 2 bad input or usage. */
export const EXIT = { ok: 0, checkFailed: 1, badInput: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command line that cannot be understood: answered with the way to the help. */
export class UsageError extends Error {}

/** One command: everything that the help, the README, the tests and shell completion say of it. */
export interface Command<P extends OptionTable = OptionTable, O extends OptionTable = OptionTable> {
  /** As on the command line, and the name of its file: `pack-weights`. */
  name: string;
  /** One line for the list of commands. */
  describe: string;
  /** The words of a usual call after the command's name, for the README: `NET -w W -o DIR`. */
  usage: string;
  positionals: P;
  options: O;
  /** Whole command lines, with what each is for. */
  examples?: readonly (readonly [line: string, describe: string])[];
  /** Options that depend on the command line's other words. `run` gets their values as its third argument. */
  extraOptions?: (words: readonly string[]) => OptionTable;
  /** Runs the command. Errors are thrown: {@link UsageError}, or a NetspecError for bad input. */
  run(
    options: ValuesOf<P> & ValuesOf<O>,
    context: CommandContext,
    extra: Readonly<Record<string, unknown>>,
  ): Promise<ExitCode>;
}

/**
 * A command whose `run` has the types that its positionals and options stand for.
 *
 * @example
 * export const command = defineCommand({
 *   name: 'list',
 *   describe: 'list the nets that build knows by name',
 *   usage: '',
 *   positionals: {},
 *   options: { json: { type: 'boolean', describe: 'print as JSON' } },
 *   run: ({ json }, { stdout }) => …
 * });
 */
export function defineCommand<const P extends OptionTable, const O extends OptionTable>(
  command: Command<P, O>,
): Command<P, O> {
  return command;
}
