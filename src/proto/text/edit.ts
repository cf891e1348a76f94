/**
 * Edits of a prototxt's text: what makes one message of another where it stands, and nothing else. Comments, blank lines,
 * the order of fields and the way they are written stay.
 */
import { UNKNOWN_FIELDS } from '../message.js';
import type { MessageType } from '../descriptor.js';
import { defaultSchema, type Schema } from '../schema.js';
import { formatPrototxt } from './printer.js';
import type { Span, TextField, TextMessage } from './tree.js';

/** Characters that are replaced. */
export interface TextEdit extends Span {
  readonly text: string;
}

/** The text with edits made, none of which may overlap another. */
export function withEdits(text: string, edits: readonly TextEdit[]): string {
  return [...edits]
    .sort((a, b) => b.start - a.start || b.end - a.end)
    .reduce((result, { start, end, text: by }) => result.slice(0, start) + by + result.slice(end), text);
}

type Message = Readonly<Record<string, unknown>>;

/** Writes edits of one text. */
export class TextEditor {
  readonly #newline: string;

  constructor(
    readonly text: string,
    readonly schema: Schema = defaultSchema(),
  ) {
    this.#newline = text.includes('\r\n') ? '\r\n' : '\n';
  }

  /**
   * What makes `after` of a message that holds `before`.
   * @param at where it stands
   * @param type name of its type
   * @throws NetspecError when the schema lacks a field of `after`
   */
  change(at: TextMessage, type: string, before: object, after: object): TextEdit[] {
    return this.#change(at, this.schema.message(type), before as Message, after as Message);
  }

  /** Puts a field, with all its values, behind another one, on lines of its own. */
  insertBehind(field: TextField, name: string, value: unknown, type: string): TextEdit {
    const lines = this.#lines(this.schema.message(type), name, value, this.#indentAt(field.start));
    const lineEnd = this.#lineEnd(field.end);
    const rest = this.text.slice(field.end, lineEnd);
    // Unless something else follows on the line, a comment stays where it is.
    if (/^\s*(#.*)?$/.test(rest)) return at(lineEnd, this.#newline + lines.join(this.#newline));
    return at(field.end, this.#newline + lines.join(this.#newline) + this.#newline);
  }

  /** Puts a field, with all its values, before another one, on lines of its own. */
  insertBefore(field: TextField, name: string, value: unknown, type: string): TextEdit {
    const lines = this.#lines(this.schema.message(type), name, value, this.#indentAt(field.start));
    const lineStart = this.text.lastIndexOf('\n', field.start - 1) + 1;
    if (this.text.slice(lineStart, field.start).trim() === '')
      return at(lineStart, lines.map((line) => line + this.#newline).join(''));
    return at(field.start, this.#newline + lines.map((line) => line + this.#newline).join(''));
  }

  /** Takes a field out, and its line if nothing else stands there. */
  remove({ start, end }: Span): TextEdit {
    const lineStart = this.text.lastIndexOf('\n', start - 1) + 1;
    const lineEnd = this.#lineEnd(end);
    const isFirst = this.text.slice(lineStart, start).trim() === '';
    const rest = this.text.slice(end, lineEnd);
    if (isFirst && rest.trim() === '') {
      const next = this.text.indexOf('\n', lineEnd);
      return { start: lineStart, end: next < 0 ? this.text.length : next + 1, text: '' };
    }
    const blanks = /^[ \t]*/.exec(rest)![0].length;
    return { start, end: end + blanks, text: '' };
  }

  #change(place: TextMessage, type: MessageType, before: Message, after: Message): TextEdit[] {
    const edits: TextEdit[] = [];
    const added: [name: string, value: unknown][] = [];
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    const inOrder = [...type.inOrder.map(({ name }) => name), ...names].filter((name) => names.delete(name));
    for (const name of inOrder) {
      const [was, becomes] = [before[name], after[name]];
      if (isEqual(was, becomes)) continue;
      const written = place.fields.filter((field) => field.name === name);
      if (written.length === 0) {
        if (becomes !== undefined) added.push([name, becomes]);
      } else if (becomes === undefined) edits.push(...written.map((field) => this.remove(field)));
      else edits.push(...this.#changeField(written, type, name, was, becomes));
    }
    const isRemoved = (field: Span): boolean =>
      edits.some(({ start, end, text }) => text === '' && start <= field.start && end >= field.end);
    const kept = place.fields.filter((field) => !isRemoved(field));
    if (added.length > 0) edits.push(this.#insertInto(place, type, kept, added));
    return edits;
  }

  #changeField(
    written: readonly TextField[],
    type: MessageType,
    name: string,
    was: unknown,
    becomes: unknown,
  ): TextEdit[] {
    const [first, ...others] = written as [TextField, ...TextField[]];
    const field = type.byName.get(name);
    const inner = first.values[0]?.message;
    if (inner && field?.messageType && !field.repeated)
      return this.#change(inner, field.messageType, (was ?? {}) as Message, becomes as Message);
    const values = written.flatMap((each) => each.values);
    const list = field?.repeated ? [...(becomes as Iterable<unknown>)] : [becomes];
    const old = field?.repeated ? [...((was ?? []) as Iterable<unknown>)] : [was];
    if (!field?.messageType && values.length === list.length)
      return values.flatMap(({ start, end }, i) =>
        isEqual(old[i], list[i]) ? [] : [{ start, end, text: this.#scalar(type, name, list[i], field?.repeated) }],
      );
    const { start, end } = first;
    const indent = this.#indentAt(start);
    const lines = this.#lines(type, name, becomes, indent).map((line, i) => (i === 0 ? line.trimStart() : line));
    return [{ start, end, text: lines.join(this.#newline) }, ...others.map((each) => this.remove(each))];
  }

  /** Puts fields behind those of a message that stay. */
  #insertInto(
    place: TextMessage,
    type: MessageType,
    kept: readonly TextField[],
    fields: readonly [name: string, value: unknown][],
  ): TextEdit {
    const last = kept.at(-1);
    const lineEnd = this.#lineEnd(last?.end ?? place.start);
    if (lineEnd < place.end) {
      const indent = last ? this.#indentAt(last.start) : `${this.#indentAt(place.start)}  `;
      const lines = fields.flatMap(([name, value]) => this.#lines(type, name, value, indent));
      return at(lineEnd, this.#newline + lines.join(this.#newline));
    }
    const line = fields
      .flatMap(([name, value]) => this.#lines(type, name, value, '').map((each) => each.trim()))
      .join(' ');
    return at(last?.end ?? place.start, ` ${line}${last ? '' : ' '}`);
  }

  /** A field as the printer writes it. */
  #lines(type: MessageType, name: string, value: unknown, indent: string): string[] {
    return formatPrototxt({ [name]: value }, { type: type.name, schema: this.schema })
      .trimEnd()
      .split('\n')
      .map((line) => indent + line);
  }

  #scalar(type: MessageType, name: string, value: unknown, repeated = false): string {
    const [line] = this.#lines(type, name, repeated ? [value] : value, '');
    return line!.slice(name.length + 2);
  }

  #indentAt(offset: number): string {
    const lineStart = this.text.lastIndexOf('\n', offset - 1) + 1;
    return /^[ \t]*/.exec(this.text.slice(lineStart, offset))![0];
  }

  /** Where the line that an offset is on ends: before its line break. */
  #lineEnd(offset: number): number {
    const found = this.text.indexOf('\n', offset);
    const end = found < 0 ? this.text.length : found;
    return end > offset && this.text[end - 1] === '\r' ? end - 1 : end;
  }
}

function at(offset: number, text: string): TextEdit {
  return { start: offset, end: offset, text };
}

/** Whether two values of fields are the same, in all that is printed of them. */
function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [left, right] = [a as Message, b as Message];
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  const unknown = (message: object): unknown => (message as { [UNKNOWN_FIELDS]?: unknown })[UNKNOWN_FIELDS];
  return unknown(a) === unknown(b) && [...names].every((name) => isEqual(left[name], right[name]));
}
