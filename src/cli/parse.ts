/** parse: a command's tables given to yargs, and what yargs parsed given to the command. */
import type { Argv } from 'yargs';
import { NetspecError } from '../errors.js';
import type { Command } from './shared/command.js';
import { defaultOf, optionKey, optionName, type OptionTable } from './shared/options.js';

/** What a command's `run` gets: the values of its own options, and of those that depend on the command line. */
export interface ParsedOptions {
  values: Record<string, never>;
  extra: Record<string, unknown>;
}

/** Declares positionals and options; `extra` holds the options that depend on the command line's words. */
export function declare(argv: Argv, { positionals, options }: Command, extra: OptionTable): void {
  for (const [key, spec] of Object.entries(positionals))
    argv.positional(optionName(key), {
      type: spec.type,
      choices: spec.choices,
      array: spec.array,
      default: defaultOf(spec),
      demandOption: spec.required,
      describe: spec.describe,
    });
  for (const [key, spec] of Object.entries({ ...options, ...extra }))
    argv.option(optionName(key), {
      // The help shows the choices instead.
      type: spec.choices ? undefined : spec.type,
      choices: spec.choices,
      alias: spec.alias,
      array: spec.array,
      nargs: spec.words,
      requiresArg: spec.type !== 'boolean' && spec.words === undefined,
      default: defaultOf(spec),
      demandOption: spec.required,
      describe: spec.describe,
      group: spec.group,
    });
}

/**
 * The values of a command's options out of what yargs parsed, by their names in code.
 * @throws NetspecError for an option that is given more than once: yargs makes a list of it.
 */
export function valuesOf(
  parsed: Readonly<Record<string, unknown>>,
  { positionals, options }: Command,
  extra: OptionTable,
): ParsedOptions {
  const pick = (table: OptionTable) =>
    Object.fromEntries(
      Object.entries(table).map(([key, { array, words = 1 }]) => {
        const value = parsed[optionName(key)];
        if (!array && Array.isArray(value) && value.length !== words)
          throw new NetspecError(`--${optionName(key)} is given more than once`);
        return [optionKey(key), value];
      }),
    );
  return { values: pick({ ...positionals, ...options }) as Record<string, never>, extra: pick(extra) };
}
