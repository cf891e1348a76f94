/** Values of a prototxt's fields: numbers, words and strings as protobuf's C++ TextFormat takes them for a field of some kind. */
import type { NetspecError } from '../../errors.js';
import type { Field } from '../descriptor.js';
import { unknownValueHint } from '../forks/field-hints.js';
import type { Lexer } from './lexer.js';
import { bytesOfLiterals, textOfLiterals } from './strings.js';

/** Makes errors that say where the cursor is, in which layer and field. */
export interface Problems {
  error(reason: string, hint?: string): NetspecError;
  /** Something else is at the cursor than what belongs there. */
  expected(what: string, hint?: string): NetspecError;
}

const INT32_MAX = 0x7fffffff;
const UINT32_MAX = 0xffffffff;

export class ScalarReader {
  readonly #lexer: Lexer;
  readonly #problems: Problems;

  constructor(lexer: Lexer, problems: Problems) {
    this.#lexer = lexer;
    this.#problems = problems;
  }

  /** The value at the cursor, of the kind that the field has. */
  read(field: Field): unknown {
    switch (field.kind) {
      case 'int32':
      case 'sint32':
      case 'sfixed32':
        return this.#signed(INT32_MAX);
      case 'uint32':
      case 'fixed32':
        return this.#unsigned(UINT32_MAX);
      case 'int64':
      case 'sint64':
      case 'sfixed64':
        return this.#signed(2n ** 63n - 1n);
      case 'uint64':
      case 'fixed64':
        return this.#unsigned(2n ** 64n - 1n);
      case 'float':
        return Math.fround(this.#double());
      case 'double':
        return this.#double();
      case 'bool':
        return this.#bool(field);
      case 'string':
        return textOfLiterals(this.strings());
      case 'bytes':
        return bytesOfLiterals(this.strings());
      case 'enum':
        return this.#enum(field);
      case 'message':
        throw new Error('a message is no scalar');
    }
  }

  #signed(max: number | bigint): number {
    if (this.#lexer.text !== '-') return this.#unsigned(max);
    this.#lexer.next();
    // Two's complement has one more negative number.
    return 0 - this.#unsigned(typeof max === 'bigint' ? max + 1n : max + 1);
  }

  #unsigned(max: number | bigint): number {
    const lexer = this.#lexer;
    if (lexer.kind !== 'integer') throw this.#problems.expected('integer', placeholderHint(lexer));
    const { text } = lexer;
    const octal = text.length > 1 && text.startsWith('0') && !/^0x/i.test(text);
    const literal = octal ? `0o${text.slice(1)}` : text;
    const value = Number(literal);
    if (Number.isSafeInteger(value) ? value > max : BigInt(literal) > max)
      throw this.#problems.error(`Integer out of range (${text})`);
    if (!Number.isSafeInteger(value))
      throw this.#problems.error(`Integer out of range (${text})`, 'netspec keeps integers exactly up to 2^53 - 1');
    lexer.next();
    return value;
  }

  #double(): number {
    const lexer = this.#lexer;
    const negative = lexer.text === '-';
    if (negative) lexer.next();
    let value: number;
    if (lexer.kind === 'integer') {
      if (/^0[0-7xX]/.test(lexer.text)) throw this.#problems.error(`Expect a decimal number, got: ${lexer.text}`);
      value = Number(lexer.text);
    } else if (lexer.kind === 'float') {
      value = Number(lexer.text.replace(/f$/i, ''));
    } else if (lexer.kind === 'identifier' && /^inf(inity)?$/i.test(lexer.text)) {
      value = Infinity;
    } else if (lexer.kind === 'identifier' && /^nan$/i.test(lexer.text)) {
      value = NaN;
    } else {
      throw this.#problems.expected('double', placeholderHint(lexer));
    }
    lexer.next();
    return negative ? -value : value;
  }

  #bool(field: Field): boolean {
    if (this.#lexer.kind === 'integer') return this.#unsigned(1) === 1;
    const { kind, text: word } = this.#lexer;
    if (kind !== 'identifier') throw this.#problems.expected('identifier');
    this.#lexer.next();
    if (word === 'true' || word === 'True' || word === 't') return true;
    if (word === 'false' || word === 'False' || word === 'f') return false;
    throw this.#problems.error(
      `Invalid value for boolean field "${field.name}". Value: "${word}".`,
      'write true or false',
    );
  }

  #enum(field: Field): number {
    const lexer = this.#lexer;
    const { names, values: numbers } = field.enumType!;
    const written = lexer.address();
    let value: string;
    if (lexer.kind === 'identifier') {
      value = lexer.text;
      lexer.next();
      if (Object.hasOwn(numbers, value)) return numbers[value]!;
    } else if (lexer.kind === 'integer' || lexer.text === '-') {
      const number = this.#signed(INT32_MAX);
      if (names.has(number)) return number;
      value = String(number);
    } else {
      throw this.#problems.expected('integer or identifier', quotedHint(lexer, field));
    }
    const hint = unknownValueHint(field.name, field.enumType!, value);
    // protobuf reports the token after the value, which may stand on a later line.
    const elsewhere = written.line === lexer.line ? '' : `; the value is at ${written.line!}:${written.column!}`;
    throw this.#problems.error(`Unknown enumeration value of "${value}" for field "${field.name}".`, hint + elsewhere);
  }

  /** String literals at the cursor, which stand for one string. */
  strings(): string[] {
    const lexer = this.#lexer;
    if (lexer.kind !== 'string')
      throw this.#problems.expected('string', lexer.kind === 'identifier' ? `write "${lexer.text}"` : undefined);
    const tokens: string[] = [];
    do {
      tokens.push(lexer.text);
      lexer.next();
    } while ((lexer.kind as string) === 'string');
    return tokens;
  }
}

/** `$SIZE`, `NUM_CLASSES` or `cls3x` where a number belongs. */
function placeholderHint({ text }: Lexer): string | undefined {
  return /^[$%@]|^[A-Z_][A-Z0-9_]+$|^[a-z_]+\d/.test(text)
    ? 'if this is a template, fill in its values first'
    : undefined;
}

/** `"MAX"` where MAX was meant, or the name of a type where V1 has an enum. */
function quotedHint(lexer: Lexer, { name, enumType }: Field): string | undefined {
  const word = lexer.kind === 'string' ? lexer.text.slice(1, -1) : undefined;
  if (word === undefined) return undefined;
  const { values } = enumType!;
  if (Object.hasOwn(values, word)) return `write ${word} without quotes`;
  if (name !== 'type') return undefined;
  const same = Object.keys(values).find((each) => each.replaceAll('_', '').toLowerCase() === word.toLowerCase());
  const example = same === undefined ? '' : ` (${same})`;
  return `layers is the old (V1) spelling, whose types are enums${example}; write layer`;
}
