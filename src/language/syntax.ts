/**
 * syntax: the tree of a prototxt that is being typed, with the place of each field and value. A text that does not parse has one as
 * well: a brace that is missing ends where the next layer begins on a line of its own.
 */
import { scan, type SyntaxComment, type SyntaxToken } from './scan.js';

/** A message: what stands between its braces, or the whole text. */
export interface SyntaxMessage {
  /** Behind the opening brace. */
  readonly start: number;
  /** At the closing brace, or where it should be. */
  readonly end: number;
  readonly fields: SyntaxField[];
  /** Undefined for the whole text. */
  readonly parent: SyntaxField | undefined;
  /** The closing brace is there. */
  readonly isClosed: boolean;
}

export interface SyntaxField {
  readonly name: SyntaxToken;
  readonly parent: SyntaxMessage;
  readonly values: SyntaxValue[];
  /** Behind the colon; undefined where there is none. */
  readonly colon: number | undefined;
  readonly start: number;
  readonly end: number;
}

/** One value: tokens in a row, or a message. */
export interface SyntaxValue {
  readonly start: number;
  readonly end: number;
  readonly tokens: readonly SyntaxToken[];
  readonly message?: SyntaxMessage;
}

export interface SyntaxTree {
  readonly root: SyntaxMessage;
  readonly tokens: readonly SyntaxToken[];
  readonly comments: readonly SyntaxComment[];
}

/** Deeper messages are skipped over: nobody writes them, and the parser refuses them. */
const MOST_DEPTH = 100;

const CLOSING: Readonly<Partial<Record<string, string>>> = { '{': '}', '<': '>' };

/** The tree of any text. */
export function syntaxOf(text: string): SyntaxTree {
  const { tokens, comments } = scan(text);
  return { root: new TreeReader(text, tokens).read(), tokens, comments };
}

interface MutableMessage {
  start: number;
  end: number;
  fields: SyntaxField[];
  parent: SyntaxField | undefined;
  isClosed: boolean;
}

class TreeReader {
  #at = 0;

  constructor(
    readonly text: string,
    readonly tokens: readonly SyntaxToken[],
  ) {}

  read(): SyntaxMessage {
    const root: MutableMessage = { start: 0, end: this.text.length, fields: [], parent: undefined, isClosed: true };
    // A brace too many is skipped.
    while (this.#at < this.tokens.length) {
      this.#fields(root, '', 0);
      if (this.#at < this.tokens.length) this.#at++;
    }
    return root;
  }

  get #token(): SyntaxToken | undefined {
    return this.tokens[this.#at];
  }

  #isString(): boolean {
    return this.#token?.kind === 'string';
  }

  /** Fields up to a closing brace, which is left to the caller. */
  #fields(message: MutableMessage, close: string, depth: number): void {
    for (let token = this.#token; token; token = this.#token) {
      if (token.text === '}' || (close === '>' && token.text === '>')) return;
      if (depth > 0 && this.#beginsLayer(token)) return;
      if (token.kind === 'word') message.fields.push(this.#field(message, token, depth));
      else this.#at++;
    }
  }

  /** `layer {` on a line of its own without indent: a message around it has lost its brace. */
  #beginsLayer({ text, start }: SyntaxToken): boolean {
    if (text !== 'layer' && text !== 'layers') return false;
    return (start === 0 || this.text[start - 1] === '\n') && this.tokens[this.#at + 1]?.text === '{';
  }

  #field(parent: SyntaxMessage, name: SyntaxToken, depth: number): SyntaxField {
    const field = {
      name,
      parent,
      values: [] as SyntaxValue[],
      colon: undefined as number | undefined,
      start: name.start,
      end: name.end,
    };
    this.#at++;
    if (this.#token?.text === ':') {
      field.colon = field.end = this.#token.end;
      this.#at++;
    }
    const { colon } = field;
    if (colon !== undefined && this.#token?.text === '[') this.#list(field, depth);
    else if (colon !== undefined || CLOSING[this.#token?.text ?? '']) {
      const value = this.#value(field, depth);
      if (value) {
        field.values.push(value);
        field.end = value.end;
      }
    }
    if (this.#token?.text === ',' || this.#token?.text === ';') {
      field.end = this.#token.end;
      this.#at++;
    }
    return field;
  }

  #list(field: { values: SyntaxValue[]; end: number } & SyntaxField, depth: number): void {
    field.end = this.#token!.end;
    this.#at++;
    for (let token = this.#token; token; token = this.#token) {
      if (token.text === ']') {
        field.end = token.end;
        this.#at++;
        return;
      }
      if (token.text === ',') {
        field.end = token.end;
        this.#at++;
        continue;
      }
      const value = this.#value(field, depth);
      if (!value) return;
      field.values.push(value);
      field.end = value.end;
    }
  }

  /** Undefined where something else stands that is no value: the next field, a closing brace. */
  #value(field: SyntaxField, depth: number): SyntaxValue | undefined {
    const token = this.#token;
    if (!token) return undefined;
    const close = CLOSING[token.text];
    if (close !== undefined) return this.#message(field, token, close, depth);
    if (token.kind === 'string') {
      const from = this.#at;
      while (this.#isString()) this.#at++;
      const tokens = this.tokens.slice(from, this.#at);
      return { start: token.start, end: tokens.at(-1)!.end, tokens };
    }
    if (token.kind === 'word') {
      // `kernel_size:` with nothing behind it, and the next field below.
      const next = this.tokens[this.#at + 1]?.text;
      if (next === ':' || next === '{' || next === '<') return undefined;
    } else if (token.kind === 'symbol') {
      const next = this.tokens[this.#at + 1];
      if (token.text !== '-' || !next || next.kind === 'symbol') return undefined;
      this.#at += 2;
      return { start: token.start, end: next.end, tokens: [token, next] };
    }
    this.#at++;
    return { start: token.start, end: token.end, tokens: [token] };
  }

  #message(parent: SyntaxField, open: SyntaxToken, close: string, depth: number): SyntaxValue {
    this.#at++;
    const message: MutableMessage = { start: open.end, end: open.end, fields: [], parent, isClosed: false };
    if (depth < MOST_DEPTH) this.#fields(message, close, depth + 1);
    const token = this.#token;
    const isClosed = token !== undefined && token.text === close;
    message.end = token?.start ?? this.text.length;
    message.isClosed = isClosed;
    if (isClosed) this.#at++;
    return { start: open.start, end: isClosed ? token.end : message.end, tokens: [], message };
  }
}

/** The innermost message around an offset. */
export function messageAt(root: SyntaxMessage, offset: number): SyntaxMessage {
  let message = root;
  for (;;) {
    const inner = fieldAt(message, offset)?.values.find(
      (value) => value.message && offset >= value.message.start && offset <= value.message.end,
    )?.message;
    if (!inner) return message;
    message = inner;
  }
}

/** The field of a message that an offset is in or touches; of two that touch it, the latter. */
export function fieldAt({ fields }: SyntaxMessage, offset: number): SyntaxField | undefined {
  let low = 0;
  let high = fields.length;
  // The first field that begins behind the offset.
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fields[middle]!.start <= offset) low = middle + 1;
    else high = middle;
  }
  const field = fields[low - 1];
  return field && offset <= field.end ? field : undefined;
}

/** The layers of a text, in order: fields of today's format, and of V1's. */
export function layerMessages(root: SyntaxMessage): SyntaxMessage[] {
  return root.fields.flatMap(({ name, values }) =>
    name.text === 'layer' || name.text === 'layers' ? values.flatMap(({ message }) => message ?? []) : [],
  );
}

/** The field with a value's tokens, by name; undefined where there is none. */
export function fieldNamed({ fields }: SyntaxMessage, name: string): SyntaxField | undefined {
  return fields.find((field) => field.name.text === name);
}
