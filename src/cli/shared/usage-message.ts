/**
 * usage-message: what yargs finds wrong with a command line, in netspec's words: the option or the positional that it is about, as the user
 * writes it, and what was meant.
 */
import { didYouMean } from '../../errors.js';
import type { Command } from './command.js';
import { optionKey, optionName, type OptionTable } from './options.js';

export interface CommandLine {
  words: readonly string[];
  /** The command that the words are for; undefined when the first word names none. */
  command: Pick<Command, 'positionals'> | undefined;
  options: OptionTable;
}

/** A message of yargs, rewritten; as it is where it is none of those known here. */
export function usageMessage(message: string, { words, command, options }: CommandLine): string {
  const [headline = '', ...lines] = message.split('\n');
  const [, names = ''] = /^[^:]+: (.*)$/.exec(headline) ?? [];
  const list = names.split(', ');
  if (headline.startsWith('Did you mean ') && words[0] !== undefined)
    return `no command is named '${words[0]}'\nhint: ${headline.replace(/^Did you mean (.*)\?$/, "did you mean '$1'?")}`;
  if (headline.startsWith('Unknown argument')) return unknown(list, { words, command, options });
  if (headline.startsWith('Missing required argument')) {
    const required = list.map((name) => `--${name}`);
    return `${required.join(', ')} ${required.length > 1 ? 'are' : 'is'} missing`;
  }
  const [, got] = /^Not enough non-option arguments: got (\d+)/.exec(headline) ?? [];
  const missing = Object.keys(command?.positionals ?? {})[Number(got)];
  if (got !== undefined && missing !== undefined) return `<${optionName(missing)}> is missing`;
  if (headline.startsWith('Not enough arguments following')) {
    const spec = Object.entries(options).find(([key, { alias }]) => optionName(key) === names || alias === names)?.[1];
    return `${asWritten(names, words)} needs ${spec?.words === undefined ? 'a value' : `${spec.words} values`}`;
  }
  if (headline === 'Invalid values:')
    return lines
      .filter((line) => line !== '')
      .map(invalidValue)
      .join('\n');
  return message;
}

/** `  Argument: algorithm, Given: "foo", Choices: "auto", "gemm"` → `--algorithm: expected "auto", "gemm", got "foo"`. */
const invalidValue = (line: string): string =>
  line.trim().replace(/^Argument: (.*), Given: (.*), Choices: (.*)$/, '--$1: expected one of $3, got $2');

function unknown(names: readonly string[], { words, command, options }: CommandLine): string {
  // yargs gives an option of several words in both spellings.
  const once = names.filter((name) => !names.some((other) => other !== name && optionKey(other) === name));
  const known = Object.keys(options).map(optionName);
  const isOption = (name: string) => words.some((word) => optionWord(word) === name);
  const wrong = once.filter(isOption).map((name) => asWritten(name, words));
  const extra = once.filter((name) => !isOption(name));
  if (!command && extra.length > 0) return `no command is named '${extra[0]!}'`;
  const lines = [
    ...wrong.map((option) => `there is no option ${option}`),
    ...(extra.length > 0 ? [`too many words: ${extra.map((word) => `'${word}'`).join(', ')}`] : []),
  ];
  const [near] = wrong.flatMap(
    (option) =>
      didYouMean(
        option,
        known.map((name) => `--${name}`),
      ) ?? [],
  );
  return [...lines, ...(near === undefined ? [] : [`hint: ${near}`])].join('\n');
}

/** The name in an option's word: `json` of `--json=1`, `i` of `-i`. */
const optionWord = (word: string): string | undefined => /^--?(?:no-)?([^=]+)/.exec(word)?.[1];

/** An option as the command line has it, `-z` or `--zero`. */
const asWritten = (name: string, words: readonly string[]): string =>
  words.find((word) => optionWord(word) === name)?.replace(/=.*/, '') ?? `--${name}`;
