/**
 * pattern: the regular expressions of rule files. They come from files, so they are matched in time proportional to a name's
 * length: JavaScript's own engine takes longer than anybody waits for `(a+)+b`.
 */
import { RE2JS } from 're2js';
import { NetspecError } from '../../errors.js';

/** What a pattern found in a name. */
export interface NameMatch {
  /** The whole name. */
  readonly name: string;
  /** What a capture holds, by its number or name; undefined where it took no part. */
  capture(which: string): string | undefined;
}

/** A regular expression for whole names. */
export interface NamePattern {
  /** As it was written. */
  readonly text: string;
  /** The one name that it fits, where it is that name. */
  readonly only?: string;
  /** How many captures it has. */
  readonly captures: number;
  /** Whether it has a capture of this number or name. */
  hasCapture(which: string): boolean;
  test(name: string): boolean;
  match(name: string): NameMatch | undefined;
}

/**
 * Compiles what JavaScript (with the flag `u`) and RE2 have in common: all but lookaround and backreferences.
 * @throws NetspecError saying why it is no regular expression, or what it uses that is not available
 */
export function parsePattern(text: string): NamePattern {
  try {
    new RegExp(text, 'u');
  } catch (error) {
    const why = (error as Error).message.replace(/^Invalid regular expression: \/.*\/u?: /s, '');
    throw new NetspecError(`'${text}' is no regular expression: ${why}`);
  }
  const only = nameOf(text);
  // A map may have a pattern for each of thousands of layers.
  if (only !== undefined) return literal(text, only);
  const compiled = compile(text);
  const names = compiled.namedGroups();
  const captures = compiled.groupCount();
  return {
    text,
    captures,
    hasCapture: (which) => (isNumber(which) ? Number(which) <= captures : Object.hasOwn(names, which)),
    test: (name) => compiled.testExact(name),
    match: (name) => {
      const matcher = compiled.matcher(name);
      if (!matcher.matches()) return undefined;
      const capture = (which: string) => matcher.group(isNumber(which) ? Number(which) : names[which]!) ?? undefined;
      return { name, capture };
    },
  };
}

/** The one name that a pattern fits; undefined when it may fit others. */
function nameOf(text: string): string | undefined {
  const plain = text.replace(/\\([\^$\\.*+?()[\]{}|/])/g, '');
  if (/[\^$\\.*+?()[\]{}|]/.test(plain)) return undefined;
  return text.replace(/\\(.)/g, '$1');
}

function literal(text: string, only: string): NamePattern {
  return {
    text,
    only,
    captures: 0,
    hasCapture: (which) => which === '0',
    test: (name) => name === only,
    match: (name) => (name === only ? { name, capture: () => name } : undefined),
  };
}

function compile(text: string): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(text));
  } catch (cause) {
    const repeats = /repeat count|too large/i.test(String(cause));
    const what = repeats ? 'more than 1000 repetitions' : 'lookahead, lookbehind, a backreference';
    throw new NetspecError(`'${text}' uses what patterns of names do not have: ${what}`, {
      hint: repeats ? undefined : 'write what the name is; an earlier rule takes the names that this one is to leave',
      cause,
    });
  }
}

function isNumber(capture: string): boolean {
  return /^\d+$/.test(capture);
}
