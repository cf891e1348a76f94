/** format: a prototxt as protobuf prints it, with its comments: one field a line, two spaces a level, fields in the order of the schema. */
import { NetspecError } from '../errors.js';
import type { MessageType } from '../proto/descriptor.js';
import type { Schema } from '../proto/schema.js';
import { parsePrototxt } from '../proto/text/parser.js';
import { formatPrototxt } from '../proto/text/printer.js';
import type { SyntaxComment } from './scan.js';
import type { SyntaxField, SyntaxMessage, SyntaxTree, SyntaxValue } from './syntax.js';

/**
 * The text as `protoc --decode` prints it. Comments stay with the field behind them, or with the field on whose line they end.
 * @param type of the whole text, which must parse
 * @throws NetspecError when the text cannot be read, and should the result hold anything else than the text
 */
export function formatText(text: string, tree: SyntaxTree, type: MessageType, schema: Schema): string {
  const formatted = new Formatter(text, tree, schema).format(type);
  const read = (each: string): string =>
    formatPrototxt(parsePrototxt(each, { type: type.name, upgrade: false, schema }), {
      type: type.name,
      schema,
    });
  if (read(formatted) !== read(text)) throw new NetspecError('the text cannot be laid out without changing it');
  return formatted;
}

class Formatter {
  readonly #lines: string[] = [];
  readonly #scalars = new Map<string, string>();
  readonly #newline: string;
  #comment = 0;

  constructor(
    readonly text: string,
    readonly tree: SyntaxTree,
    readonly schema: Schema,
  ) {
    this.#newline = text.includes('\r\n') ? '\r\n' : '\n';
  }

  format(type: MessageType): string {
    this.#message(this.tree.root, type, '');
    return this.#lines.map((line) => line + this.#newline).join('');
  }

  /** The fields of a message in the order of their numbers, which is the order that protobuf writes. */
  #message(message: SyntaxMessage, type: MessageType, indent: string): void {
    const blocks = message.fields.map((field) => this.#block(field, type, indent));
    const numbers = message.fields.map(({ name }) => type.byName.get(name.text)!.number);
    const order = blocks.map((_, i) => i).sort((a, b) => numbers[a]! - numbers[b]! || a - b);
    for (const i of order) this.#lines.push(...blocks[i]!);
    for (const comment of this.#commentsUpTo(message.end)) this.#lines.push(indent + comment.text);
  }

  /** The lines of a field, its comments included. */
  #block(field: SyntaxField, type: MessageType, indent: string): string[] {
    const before = this.#commentsUpTo(field.start);
    const lines: string[] = [];
    before.forEach(({ end, text }, i) => {
      lines.push(indent + text);
      // A comment with an empty line behind it is not about what follows.
      const next = before[i + 1]?.start ?? field.start;
      if (/\n[ \t\r]*\n/.test(this.text.slice(end, next))) lines.push('');
    });
    const own = type.byName.get(field.name.text)!;
    const inside: string[] = [];
    for (const value of field.values)
      if (value.message && own.messageType) {
        const open = this.#commentsUpTo(value.message.start).map(({ text }) => indent + text);
        // On the line of the brace.
        const trailing = this.#trailing(value.message.start, value.message.end);
        const outer = this.#lines.splice(0);
        this.#message(value.message, own.messageType, `${indent}  `);
        inside.push(...open, `${indent}${field.name.text} {${trailing}`, ...this.#lines.splice(0), `${indent}}`);
        this.#lines.push(...outer);
      } else {
        const comments = this.#commentsUpTo(value.end).map(({ text }) => indent + text);
        const scalar = this.#scalar(type, field.name.text, value);
        const lineEnd = value === field.values.at(-1) ? '' : this.#trailing(value.end, field.end);
        inside.push(...comments, `${indent}${field.name.text}: ${scalar}${lineEnd}`);
      }
    const rest = this.#commentsUpTo(field.end).map(({ text }) => indent + text);
    const end = inside.pop();
    if (end !== undefined) inside.push(end + this.#trailing(field.end, this.text.length));
    return [...lines, ...rest, ...inside];
  }

  /** A value as protobuf prints it. */
  #scalar(type: MessageType, name: string, { start, end }: SyntaxValue): string {
    const source = this.text.slice(start, end);
    const key = `${type.fullName} ${name} ${source}`;
    let printed = this.#scalars.get(key);
    if (printed === undefined) {
      const message = parseAlone(name, source, type, this.schema);
      const line = formatPrototxt({ [name]: message[name] }, { type: type.name, schema: this.schema });
      printed = line.slice(name.length + 2).trimEnd();
      this.#scalars.set(key, printed);
    }
    return printed;
  }

  /** The comments that begin before an offset and were not written yet. */
  #commentsUpTo(offset: number): SyntaxComment[] {
    const found: SyntaxComment[] = [];
    for (let comment = this.tree.comments[this.#comment]; comment && comment.start < offset;) {
      found.push(comment);
      comment = this.tree.comments[++this.#comment];
    }
    return found;
  }

  /** A comment that ends the line which an offset is on, before another offset; '' where there is none. */
  #trailing(from: number, to: number): string {
    const comment = this.tree.comments[this.#comment];
    if (!comment || comment.isAlone || comment.start >= to) return '';
    if (!/^[ \t,;]*$/.test(this.text.slice(from, comment.start))) return '';
    this.#comment++;
    return ` ${comment.text}`;
  }
}

/** A message with one field, and with something in each other one that it must have. */
function parseAlone(name: string, source: string, type: MessageType, schema: Schema): Record<string, unknown> {
  const required = type.fields.filter((field) => field.required && field.name !== name);
  const others = required.map((field) => {
    if (field.kind === 'message') return `${field.name} { }`;
    const text = field.kind === 'string' || field.kind === 'bytes';
    return `${field.name}: ${field.enumType ? Object.keys(field.enumType.values)[0]! : text ? '""' : '0'}`;
  });
  const text = [`${name}: ${source}`, ...others].join('\n');
  return parsePrototxt(text, { type: type.name, upgrade: false, schema }) as Record<string, unknown>;
}
