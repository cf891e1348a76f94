/**
 * Options of the named nets, as data: the command line, its help and the checks are all made from one table.
 */
import { NetspecError, didYouMean } from '../errors.js';

/** What an option holds, and how a command line writes it: `ceil`, `--in-place`, `64`, `64,128`, `480x576`. */
export type OptionType = 'choice' | 'flag' | 'count' | 'counts' | 'size';

export interface NetOption {
  /** As the command line has it: `stem-pool`. In code it is `stemPool`. */
  name: string;
  type: OptionType;
  /** As a user would write it; absent where it depends on other options. */
  default?: string | boolean;
  /** Of a choice. */
  choices?: readonly string[];
  /** How many numbers `counts` takes. */
  length?: number;
  describe: string;
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
const parseCount = (text: string): number => (/^\d+$/.test(text.trim()) ? Number(text) : NaN);

interface OptionKind {
  parse: (text: string) => unknown;
  accepts: (value: unknown, option: NetOption) => boolean;
  expected: (option: NetOption) => string;
}

const kinds: Record<OptionType, OptionKind> = {
  choice: {
    parse: (text) => text,
    accepts: (value, { choices = [] }) => typeof value === 'string' && choices.includes(value),
    expected: ({ choices = [] }) => `one of ${choices.join(', ')}`,
  },
  flag: {
    parse: (text) => (text === 'true' ? true : text === 'false' ? false : text),
    accepts: (value) => typeof value === 'boolean',
    expected: () => 'true or false',
  },
  count: {
    parse: parseCount,
    accepts: isCount,
    expected: () => 'a positive whole number',
  },
  counts: {
    parse: (text) => text.split(',').map(parseCount),
    accepts: (value, { length }) => Array.isArray(value) && value.length === length && value.every(isCount),
    expected: ({ length }) => `${length ?? 'several'} positive whole numbers`,
  },
  size: {
    parse: (text) => text.split('x').map(parseCount),
    accepts: (value) => Array.isArray(value) && value.length === 2 && value.every(isCount),
    expected: () => 'height and width as positive whole numbers',
  },
};

/** `stem-pool` → `stemPool` */
export function optionKey({ name }: Pick<NetOption, 'name'>): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Options from a command line, as `build` takes them. What is undefined was not given.
 * @param given by their names on the command line: `{ 'input-size': '96x128', 'in-place': true }`
 * @throws NetspecError on a name that is no option, or a value that is none
 */
export function parseNetOptions(
  options: readonly NetOption[],
  given: Readonly<Record<string, string | number | boolean | undefined>>,
): Record<string, unknown> {
  const parsed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const option = options.find((o) => o.name === name);
    if (!option)
      throw unknownOption(
        `--${name}`,
        options.map((o) => `--${o.name}`),
      );
    const text = String(value);
    const result = kinds[option.type].parse(text);
    check(option, `--${name}`, result, `'${text}'`);
    parsed[optionKey(option)] = result;
  }
  return parsed;
}

/**
 * Checks options that a program gives.
 * @throws NetspecError on a key that is no option, or a value that is none
 */
export function checkNetOptions(options: readonly NetOption[], given: object): void {
  for (const [key, value] of Object.entries(given)) {
    const option = options.find((o) => optionKey(o) === key);
    if (!option) throw unknownOption(key, options.map(optionKey));
    if (value !== undefined) check(option, key, value, describeValue(value));
  }
}

function check(option: NetOption, label: string, value: unknown, shown: string): void {
  const kind = kinds[option.type];
  if (kind.accepts(value, option)) return;
  throw new NetspecError(`${label}: expected ${kind.expected(option)}, got ${shown}`, {
    hint:
      (typeof value === 'string' ? didYouMean(value, option.choices ?? []) : undefined) ??
      (option.default === undefined ? undefined : `the default is ${option.default}`),
  });
}

function unknownOption(label: string, known: readonly string[]): NetspecError {
  return new NetspecError(`no option ${label}`, {
    hint: didYouMean(label, known) ?? `options are ${known.join(', ')}`,
  });
}

function describeValue(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}
