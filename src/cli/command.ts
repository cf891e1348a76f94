/**
 * What every command shares: where it writes, how it says that a check failed, and the options that several take.
 * A command module holds its options and loads what it needs only when it runs, so that `netspec build` starts fast.
 */
import { fstatSync, statSync } from 'node:fs';
import type { Argv } from 'yargs';
import { NetspecError } from '../errors.js';
import type { Schema } from '../proto/schema.js';

/** An output stream, as far as commands use one. */
export interface Output {
  /** False when the stream has more than it likes to hold: then wait for {@link Output.drained}. */
  write(chunk: string | Uint8Array): unknown;
  /** Settles when the stream takes more, or nothing any longer. */
  drained?(): Promise<void>;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface CommandContext {
  /** Results. */
  stdout: Output;
  /** Progress, remarks and errors. */
  stderr: Output;
}

/** Exit codes: 0 success, 1 a verification that failed, 2 bad input or usage. */
export const EXIT = { ok: 0, checkFailed: 1, badInput: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command line that cannot be understood: answered with the way to the help. */
export class UsageError extends Error {}

/** One subcommand. */
export interface Command<Options> {
  /** Name and positionals in yargs' notation: `verify <net>`. */
  command: string;
  describe: string;
  /**
   * Adds positionals and options to the parser; `words` are the words of the command line after the command's name. What
   * it returns is not used: yargs types hold `dry-run`, `run` gets `dryRun`.
   */
  options: (argv: Argv, words: readonly string[]) => unknown;
  run: (options: Options, context: CommandContext) => Promise<ExitCode>;
}

/** A command of any options, for a table of commands. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each command's own options type is checked where it is defined
export type AnyCommand = Command<any>;

/** Writes lines to a stream. */
export function print(out: Output, ...lines: string[]): void {
  out.write(lines.map((line) => `${line}\n`).join(''));
}

/** Writes a value as indented JSON. */
export function printJson(out: Output, value: unknown): void {
  print(out, JSON.stringify(value, null, 2));
}

/** Where to report on files that are written: beside stdout, when one of them is where that leads, as /dev/stdout is. */
export function reportStream(files: readonly (string | undefined)[], { stdout, stderr }: CommandContext): Output {
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

/** The option of every command that reads or writes a net: the schema of a vendor's Caffe. */
export function schemaOption<T>(argv: Argv<T>) {
  return argv.option('proto', { type: 'string', describe: "a vendor's caffe.proto, for its own layers and fields" });
}

/** The schema that `--proto` names, or undefined for BVLC's. */
export async function readSchema(file: string | undefined): Promise<Schema | undefined> {
  if (file === undefined) return undefined;
  const [{ Schema }, { readText }] = await Promise.all([
    import('../proto/parse-schema.js'),
    import('../node/files.js'),
  ]);
  return Schema.parse(await readText(file), file);
}

/** Name map of `pack-weights` and `verify`: the same one, so that weights and references are found alike. */
export const DEFAULT_MAP = 'maskrcnn-benchmark';
/** What `--map` takes. */
export const MAP_HELP = 'identity, maskrcnn-benchmark, torchvision-resnet, or a rule file';

/** What {@link stateOptions} parses to. */
export interface StateOptions {
  phase: 'TEST' | 'TRAIN';
  level: number;
  stage: string[];
  proto?: string;
}

/** The options of `Net.load` that the command line's state options stand for. */
export async function netState({ phase, level, stage, proto }: StateOptions) {
  return { phase, level, stages: stage, schema: await readSchema(proto) };
}

/** Options of the commands that run a net: which state it is built in. */
export function stateOptions<T>(argv: Argv<T>) {
  return schemaOption(argv)
    .option('phase', { choices: ['TEST', 'TRAIN'] as const, default: 'TEST' as const, describe: 'phase of the net' })
    .option('level', { type: 'number', default: 0, describe: 'level for include and exclude rules' })
    .option('stage', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'stages for include and exclude rules',
    });
}

/**
 * `name=path` pairs, as `--input` takes them.
 * @throws NetspecError for an argument of another form, or a name given twice.
 */
export function parsePairs(option: string, values: readonly string[]): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const value of values) {
    const at = value.indexOf('=');
    if (at <= 0 || at === value.length - 1)
      throw new NetspecError(`--${option} expects NAME=FILE, got '${value}'`, {
        hint: `for example --${option} data=x.npy`,
      });
    const name = value.slice(0, at);
    if (pairs.has(name)) throw new NetspecError(`--${option} ${name}=… is given twice`);
    pairs.set(name, value.slice(at + 1));
  }
  return pairs;
}

/**
 * Refuses what is no number, or one below `least`; yargs makes NaN of words that are no numbers.
 * @throws NetspecError
 */
export function checkNumber(option: string, value: number | undefined, least = -Infinity): void {
  if (value === undefined || (Number.isFinite(value) && value >= least)) return;
  const expected = least === -Infinity ? 'a number' : `a number of ${least} or more`;
  throw new NetspecError(`--${option} expects ${expected}, got ${Number.isNaN(value) ? 'no number' : value}`);
}

/**
 * Refuses what is no whole number of at least 1; yargs makes NaN of words that are no numbers.
 * @throws NetspecError
 */
export function checkCount(option: string, value: number | undefined): void {
  if (value !== undefined && (!Number.isSafeInteger(value) || value < 1))
    throw new NetspecError(
      `--${option} expects a whole number of at least 1, got ${Number.isNaN(value) ? 'no number' : value}`,
    );
}
