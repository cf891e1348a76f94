/** Fields that no schema has, as protobuf would print them: by names, with their values as they are written. */
import { RECURSION_LIMIT } from '../wire.js';
import type { Lexer } from './lexer.js';
import type { Problems, ScalarReader } from './scalar-reader.js';

export class UntypedFields {
  readonly #lexer: Lexer;
  readonly #problems: Problems;
  readonly #scalars: ScalarReader;
  readonly #path: string[];

  /** @param path names of the fields that enclose the cursor */
  constructor(lexer: Lexer, problems: Problems, scalars: ScalarReader, path: string[]) {
    this.#lexer = lexer;
    this.#problems = problems;
    this.#scalars = scalars;
    this.#path = path;
  }

  /** A field without a schema, as protobuf would print it; the cursor is behind its name. */
  linesOf(name: string): string[] {
    const lexer = this.#lexer;
    const lines: string[] = [];
    const colon = lexer.text === ':';
    if (colon) lexer.next();
    const isList = lexer.text === '[';
    if (isList) lexer.next();
    while (!(isList && lexer.text === ']')) {
      if (lexer.text === '{' || lexer.text === '<') lines.push(...this.#blockOf(name));
      else {
        if (!colon) throw this.#problems.expected('":"');
        lines.push(`${name}: ${this.#anyScalar()}`);
      }
      if (!isList) break;
      if (lexer.text === ',') lexer.next();
      else if (lexer.text !== ']') throw this.#problems.expected('","');
    }
    if (isList) lexer.next();
    if (lexer.text === ';' || lexer.text === ',') lexer.next();
    return lines;
  }

  /** `{ … }` of fields without a schema. */
  #blockOf(name: string): string[] {
    const lexer = this.#lexer;
    if (this.#path.length > RECURSION_LIMIT)
      throw this.#problems.error(
        `Message is too deep, the parser exceeded the configured recursion limit of ${RECURSION_LIMIT}.`,
      );
    const start = lexer.address();
    const close = lexer.text === '<' ? '>' : '}';
    lexer.next();
    this.#path.push(name);
    const lines = [`${name} {`];
    while (lexer.text !== close) {
      if (lexer.kind === 'end')
        throw this.#problems.expected(
          'identifier',
          `the } of ${this.#path.join('.')} opened at ${start.line!}:${start.column!} is missing`,
        );
      for (const line of this.linesOf(this.#identifier())) lines.push(`  ${line}`);
    }
    this.#path.pop();
    lexer.next();
    return [...lines, '}'];
  }

  #anyScalar(): string {
    const lexer = this.#lexer;
    if (lexer.kind === 'string') return this.#scalars.strings().join(' ');
    const sign = lexer.text === '-' ? '-' : '';
    if (sign) lexer.next();
    const { kind, text } = lexer;
    if (kind !== 'identifier' && kind !== 'integer' && kind !== 'float') throw this.#problems.expected('a value');
    lexer.next();
    return sign + text;
  }

  #identifier(): string {
    const { kind, text } = this.#lexer;
    if (kind !== 'identifier') throw this.#problems.expected('identifier');
    this.#lexer.next();
    return text;
  }
}
