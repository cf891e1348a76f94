/** What a prototxt has, read without a schema. */
import { NetspecError } from '../../errors.js';
import { Lexer } from '../text/lexer.js';
import { textOfLiterals } from '../text/strings.js';
import { RECURSION_LIMIT } from '../wire.js';
import {
  fieldOf,
  holdsLayers,
  noEvidence,
  noScalars,
  noteCount,
  noteInteger,
  noteLayer,
  noteWord,
  type Evidence,
  type FieldEvidence,
} from './evidence.js';

/** Of a text that breaks the grammar, what is before that place: whoever parses it says where. */
export function evidenceOfText(text: string): Evidence {
  const evidence = noEvidence();
  try {
    new TextScanner(text).scan(evidence);
  } catch (error) {
    // A malformed token.
    if (!(error instanceof NetspecError)) throw error;
  }
  return evidence;
}

/** Each method returns false where the text is no message. */
class TextScanner {
  readonly #lexer: Lexer;

  constructor(text: string) {
    this.#lexer = new Lexer(text);
  }

  scan(evidence: Evidence): boolean {
    this.#lexer.next();
    return this.#message(evidence, '', '', 0);
  }

  #message(evidence: Evidence, close: string, path: string, depth: number): boolean {
    const lexer = this.#lexer;
    if (depth > RECURSION_LIMIT) return false;
    evidence.count++;
    const counts = new Map<string, number>();
    /** The values of `name` and `type`, which tell layers apart. */
    const known: { name?: string; type?: string } = {};
    try {
      while (lexer.kind === 'identifier') {
        const name = lexer.text;
        lexer.next();
        const field = fieldOf(evidence, name);
        counts.set(name, counts.get(name) ?? 0);
        const count = this.#values(field, path === '' ? name : `${path}.${name}`, depth, (text) => {
          if (name === 'name' || name === 'type') known[name] ??= text;
        });
        counts.set(name, counts.get(name)! + (count ?? 1));
        if (count === undefined) return false;
        if (lexer.text === ';' || lexer.text === ',') lexer.next();
      }
    } finally {
      for (const [name, count] of counts) noteCount(fieldOf(evidence, name), count);
      if (holdsLayers(path) && known.type !== undefined) noteLayer(evidence, known.type, known.name, counts.keys());
    }
    if (close === '') return lexer.kind === 'end';
    return this.#take(close);
  }

  /** What stands after a field's name; how many values these are. */
  #values(field: FieldEvidence, path: string, depth: number, onText: (text: string) => void): number | undefined {
    const lexer = this.#lexer;
    const colon = lexer.text === ':';
    if (colon) lexer.next();
    if (lexer.text === '[') {
      lexer.next();
      let count = 0;
      while ((lexer.text as string) !== ']') {
        if (count > 0 && !this.#take(',')) return undefined;
        if (!this.#value(field, path, depth, onText)) return undefined;
        count++;
      }
      lexer.next();
      return count;
    }
    const isMessage = lexer.text === '{' || lexer.text === '<';
    return (colon || isMessage) && this.#value(field, path, depth, onText) ? 1 : undefined;
  }

  #value(field: FieldEvidence, path: string, depth: number, onText: (text: string) => void): boolean {
    const lexer = this.#lexer;
    if (lexer.text === '{' || lexer.text === '<') {
      const close = lexer.text === '{' ? '}' : '>';
      lexer.next();
      return this.#message((field.inner ??= noEvidence()), close, path, depth + 1);
    }
    const scalars = (field.scalars ??= noScalars());
    const negative = lexer.text === '-';
    if (negative) lexer.next();
    const { kind, text } = lexer;
    if (kind === 'string' && !negative) {
      const tokens: string[] = [];
      while ((lexer.kind as string) === 'string') {
        tokens.push(lexer.text);
        lexer.next();
      }
      scalars.strings = true;
      onText(textOfLiterals(tokens));
      return true;
    }
    if (kind === 'integer') {
      const octal = /^0[0-7]/.test(text);
      const value = Number(octal ? `0o${text.slice(1)}` : text);
      if (octal || /^0x/i.test(text)) scalars.radix = true;
      noteInteger(scalars, negative ? -value : value);
    } else if (kind === 'float' || (kind === 'identifier' && /^(inf(inity)?|nan)$/i.test(text))) {
      scalars.fractions = true;
    } else if (kind === 'identifier' && !negative) {
      noteWord(scalars.words, text);
      onText(text);
    } else return false;
    lexer.next();
    return true;
  }

  #take(symbol: string): boolean {
    if (this.#lexer.text !== symbol) return false;
    this.#lexer.next();
    return true;
  }
}
