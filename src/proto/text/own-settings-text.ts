/** Settings that stand in no schema, as a program of the DSL gives them: what stands behind the field's name in a prototxt. */
import { NetspecError } from '../../errors.js';
import { Lexer } from './lexer.js';
import { ScalarReader, type Problems } from './scalar-reader.js';
import { UntypedFields } from './untyped-fields.js';

/**
 * `{ gain: 2 }` of `acme_param` as lines of a prototxt.
 * @throws NetspecError when the text is no value of a field
 */
export function linesOfOwnSettings(name: string, text: string): string[] {
  const say = (reason: string, hint?: string) =>
    new NetspecError(`${name}: ${reason}`, {
      field: name,
      hint: hint ?? "write what stands behind the name in a prototxt: '{ gain: 2 }'",
    });
  try {
    const lexer = new Lexer(text);
    const problems: Problems = {
      error: say,
      expected: (what, hint) => say(`expected ${what}, got ${lexer.kind === 'end' ? 'the end' : lexer.text}`, hint),
    };
    lexer.next();
    const lines = new UntypedFields(lexer, problems, new ScalarReader(lexer, problems), []).linesOf(name);
    if (lexer.kind !== 'end') throw problems.expected('one value');
    return lines;
  } catch (error) {
    // The lexer's own errors name places in the text.
    if (!(error instanceof NetspecError) || error.details.field !== undefined) throw error;
    throw say(error.reason);
  }
}

/** The fields that the lines are of, in order, each with what stands behind its name. */
export function ownSettingsTexts(lines: readonly string[]): [name: string, text: string][] {
  const entries: [string, string][] = [];
  for (const line of lines) {
    const [, name, rest] = /^(\w+)(:? .*)$/.exec(line) ?? [];
    const last = entries.at(-1);
    if (name !== undefined) entries.push([name, rest!.trim()]);
    else if (last) last[1] += ` ${line.trim()}`;
  }
  return entries;
}
