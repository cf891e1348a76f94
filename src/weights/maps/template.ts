/**
 * Templates of tensor names in rule files: text with what a pattern captured, and arithmetic on it, for one side counts
 * stages from 2 and blocks by letters where the other counts both from 0: `layer{$1-1}.{$2-'a'}.conv{$3-'a'+1}`.
 */
import { NetspecError } from '../../errors.js';
import type { NameMatch } from './pattern.js';

/** A parsed template. */
export interface Template {
  /** As written. */
  readonly text: string;
  /** Numbers and names of the captures that it uses. */
  readonly captures: readonly string[];
  /**
   * The name for one match of the pattern.
   * @throws NetspecError when the arithmetic does not work out with what was captured
   */
  expand(match: NameMatch): string;
}

type Term = { sign: 1 | -1 } & ({ capture: string } | { letter: string } | { number: number });
type Part = string | { capture: string } | { terms: Term[]; text: string };

const CAPTURE = /\$(?:(\d+)|<(\w+)>)/y;
const TERM = /\s*([+-]?)\s*(?:\$(\d+)|\$<(\w+)>|'([A-Za-z])'|(\d+))\s*/y;

/**
 * Parses a template: `$1` or `$<name>` is a capture, `{…}` a sum of captures, numbers and quoted letters, and `$$`, `{{`,
 * `}}` are these characters themselves. A letter minus a letter is a number, a letter plus a number a letter.
 * @throws NetspecError saying what cannot be read
 */
export function parseTemplate(text: string): Template {
  const parts: Part[] = [];
  let literal = '';
  const flush = () => {
    if (literal !== '') parts.push(literal);
    literal = '';
  };
  for (let at = 0; at < text.length;) {
    const pair = text.slice(at, at + 2);
    if (pair === '$$' || pair === '{{' || pair === '}}') {
      literal += pair[0]!;
      at += 2;
    } else if (text[at] === '$') {
      CAPTURE.lastIndex = at;
      const found = CAPTURE.exec(text);
      if (!found)
        throw new NetspecError(`'$' in '${text}' names no capture`, {
          hint: 'write $1, $<name>, or $$ for the character',
        });
      flush();
      parts.push({ capture: found[1] ?? found[2]! });
      at = CAPTURE.lastIndex;
    } else if (text[at] === '{') {
      const end = text.indexOf('}', at);
      if (end < 0) throw new NetspecError(`'{' in '${text}' is not closed`, { hint: 'write {{ for the character' });
      flush();
      parts.push({ terms: parseSum(text.slice(at + 1, end), text), text: text.slice(at, end + 1) });
      at = end + 1;
    } else if (text[at] === '}') {
      throw new NetspecError(`'}' in '${text}' closes nothing`, { hint: 'write }} for the character' });
    } else {
      literal += text[at]!;
      at++;
    }
  }
  flush();
  const captures = parts.flatMap((part) => {
    if (typeof part === 'string') return [];
    return 'capture' in part ? [part.capture] : part.terms.flatMap((term) => ('capture' in term ? [term.capture] : []));
  });
  return { text, captures, expand: (match) => parts.map((part) => expandPart(part, match)).join('') };
}

/** Text as a template that stands for itself. */
export function escapeTemplate(text: string): string {
  return text.replace(/[${}]/g, '$&$&');
}

function parseSum(sum: string, text: string): Term[] {
  const terms: Term[] = [];
  TERM.lastIndex = 0;
  for (let at = 0; at < sum.length || terms.length === 0; at = TERM.lastIndex) {
    const found = TERM.exec(sum);
    if (!found || (terms.length > 0 && found[1] === ''))
      throw new NetspecError(`cannot read '{${sum}}' in '${text}'`, {
        hint: "between braces stands a sum of captures, numbers and quoted letters, as {$1-1} or {$2-'a'}",
      });
    const sign = found[1] === '-' ? -1 : 1;
    const capture = found[2] ?? found[3];
    if (capture !== undefined) terms.push({ sign, capture });
    else if (found[4] !== undefined) terms.push({ sign, letter: found[4] });
    else terms.push({ sign, number: Number(found[5]) });
  }
  return terms;
}

function expandPart(part: Part, match: NameMatch): string {
  if (typeof part === 'string') return part;
  if ('capture' in part) return match.capture(part.capture) ?? '';
  let sum = 0;
  let letters = 0;
  const bad = (reason: string) => new NetspecError(`${part.text} cannot be worked out for '${match.name}': ${reason}`);
  for (const term of part.terms) {
    if ('number' in term) {
      sum += term.sign * term.number;
      continue;
    }
    const text = 'letter' in term ? term.letter : match.capture(term.capture);
    if (text !== undefined && /^\d+$/.test(text)) sum += term.sign * Number(text);
    else if (text !== undefined && /^[A-Za-z]$/.test(text)) {
      sum += term.sign * text.charCodeAt(0);
      letters += term.sign;
    } else throw bad(`the capture is '${text ?? ''}', neither a number nor a letter`);
  }
  if (letters === 0) {
    if (sum < 0) throw bad(`it is ${sum}`);
    return String(sum);
  }
  const letter = String.fromCharCode(sum);
  if (letters !== 1 || !/^[A-Za-z]$/.test(letter)) throw bad('it is neither a number nor a letter');
  return letter;
}
