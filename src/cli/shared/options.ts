/**
 * options: the positionals and options of a command as data. The parser, the help and the type of what `run` gets are all
 * made from one table.
 */

/** One positional or one option. In tables it stands under its name in code: `dryRun` is `--dry-run` on the command line. */
export interface OptionSpec {
  type: 'string' | 'number' | 'boolean';
  /** One line for the help. */
  describe: string;
  /** A single letter: `o` for `-o`. */
  alias?: string;
  /** The only values that are allowed. */
  choices?: readonly string[];
  /** The value when the option is not given. Without this field a boolean is false and a list is empty. */
  default?: string | number | boolean | undefined;
  /** The command line is refused without it. */
  required?: boolean;
  /** An option that may be given several times, or a positional that takes several words: `run` gets a list. */
  array?: boolean;
  /** How many words follow the option, when that is not one: `run` gets a list of them. */
  words?: number;
  /** Heading in the help that the option stands under. */
  group?: string;
}

/** Positionals, in their order, or options, in the order of the help; by their names in code. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** One value of an option. */
type SingleOf<S> = S extends { choices: readonly (infer Choice)[] }
  ? Choice
  : S extends { type: 'number' }
    ? number
    : S extends { type: 'boolean' }
      ? boolean
      : string;

/** What `run` gets for an option. */
type ValueOf<S> = S extends { array: true }
  ? SingleOf<S>[]
  : S extends { words: number }
    ? SingleOf<S>[] | undefined
    : S extends { default: undefined }
      ? SingleOf<S> | undefined
      : S extends { required: true } | { default: string | number | boolean } | { type: 'boolean' }
        ? SingleOf<S>
        : SingleOf<S> | undefined;

type Simplify<T> = { [K in keyof T]: T[K] };

/** What a table's options are parsed to: `{ net: string; output?: string; dryRun: boolean }`. */
export type ValuesOf<T> = Simplify<
  { [K in keyof T as undefined extends ValueOf<T[K]> ? never : K]: ValueOf<T[K]> } & {
    [K in keyof T as undefined extends ValueOf<T[K]> ? K : never]?: ValueOf<T[K]>;
  }
>;

/**
 * A table of options that several commands share; with its literal types, from which {@link ValuesOf} is derived.
 *
 * @example
 * const SCHEMA_OPTIONS = options({ proto: { type: 'string', describe: "a vendor's caffe.proto" } });
 * type SchemaOptions = ValuesOf<typeof SCHEMA_OPTIONS>; // { proto?: string }
 */
export function options<const T extends OptionTable>(table: T): T {
  return table;
}

/** The name on the command line: `dryRun` → `dry-run`. */
export function optionName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The name in code: `dry-run` → `dryRun`. */
export function optionKey(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** What an option is when the command line does not give it. */
export function defaultOf(spec: OptionSpec): OptionSpec['default'] | [] {
  if (Object.hasOwn(spec, 'default')) return spec.default;
  if (spec.required) return undefined;
  if (spec.array) return [];
  return spec.type === 'boolean' ? false : undefined;
}

/** The name and the positionals as usage texts show them: `convert <input> [output]`, `detect <image..>`. */
export function signature(name: string, positionals: OptionTable): string {
  const words = Object.entries(positionals).map(([key, { required, array }]) => {
    const word = `${optionName(key)}${array ? '..' : ''}`;
    return required ? `<${word}>` : `[${word}]`;
  });
  return [name, ...words].join(' ');
}
